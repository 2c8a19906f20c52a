using Fleet.Agent.Link;
using Fleet.Agent.Uplink;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Hosting;

/// <summary>Keeps the link to the server up.</summary>
internal sealed class LinkService(MqttFleetLink link) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => link.RunAsync(stoppingToken);
}

/// <summary>Keeps the certificate young.</summary>
internal sealed class RenewalService(CertificateRenewal renewal, TimeProvider clock) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => renewal.RunAsync(clock, stoppingToken);
}

/// <summary>Sends the journal.</summary>
internal sealed class UplinkService(JournalUplink uplink) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => uplink.RunAsync(stoppingToken);
}
