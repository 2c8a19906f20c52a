using Fleet.Agent.Hosting;

return await AgentCommandLine.RunAsync(args, CancellationToken.None);
