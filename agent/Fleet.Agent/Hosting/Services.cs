using Fleet.Agent.Link;
using Fleet.Agent.Uplink;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Hosting;

/// <summary>Keeps the link to the server up.</summary>
internal sealed class LinkService(IFleetLink link) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        link is MqttFleetLink mqtt ? mqtt.RunAsync(stoppingToken) : Task.CompletedTask;
}

/// <summary>Sends the journal.</summary>
internal sealed class UplinkService(JournalUplink uplink) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => uplink.RunAsync(stoppingToken);
}
