Console.WriteLine("fleet-agent " + typeof(Program).Assembly.GetName().Version?.ToString(3));
