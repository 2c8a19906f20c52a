using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>Hands Kestrel's connections to the broker.</summary>
internal sealed class MqttConnectionHandler(MqttBroker broker) : ConnectionHandler
{
    /// <inheritdoc/>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        var peer = new MqttPeer(
            connection.RemoteEndPoint,
            connection.LocalEndPoint,
            connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate,
            connection.Abort);
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        return broker.ServeAsync(connection.Transport, peer, lifetime?.ConnectionClosedRequested ?? CancellationToken.None);
    }
}
