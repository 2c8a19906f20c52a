using Fleet.Server.Hosting;

return await CommandLine.RunAsync(args, CancellationToken.None);
