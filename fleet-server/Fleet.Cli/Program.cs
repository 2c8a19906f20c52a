Console.WriteLine("posctl " + typeof(Program).Assembly.GetName().Version?.ToString(3));
