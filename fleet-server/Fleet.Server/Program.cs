Console.WriteLine("fleet-server " + typeof(Program).Assembly.GetName().Version?.ToString(3));
