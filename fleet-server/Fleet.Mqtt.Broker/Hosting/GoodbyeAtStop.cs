using Microsoft.Extensions.Hosting;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>When the host begins to stop, every client is told: before the listeners close, and once for all of them.</summary>
internal sealed class GoodbyeAtStop(MqttBroker broker, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(broker.BeginStop);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
