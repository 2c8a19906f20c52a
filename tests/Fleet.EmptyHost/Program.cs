using Microsoft.Extensions.Hosting;

using var host = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true }).Build();
await host.StartAsync();
Console.WriteLine("up");
await host.WaitForShutdownAsync();
