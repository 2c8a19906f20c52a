Console.WriteLine("terminal-sim " + typeof(Program).Assembly.GetName().Version?.ToString(3));
