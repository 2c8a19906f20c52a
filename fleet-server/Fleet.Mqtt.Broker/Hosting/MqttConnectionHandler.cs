using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>Hands Kestrel's connections to the broker.</summary>
internal static class MqttConnectionHandler
{
    public static Task ServeAsync(this MqttBroker broker, ConnectionContext connection, MqttListener? listener)
    {
        var peer = new MqttPeer(
            connection.RemoteEndPoint,
            connection.LocalEndPoint,
            connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate,
            connection.Abort,
            listener);
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        var stop = lifetime?.ConnectionClosedRequested ?? CancellationToken.None;
        return connection.Features.Get<Arrival>() is { } arrival
            ? broker.ServeAsync(connection.Transport, peer, arrival, stop)
            : broker.ServeAsync(connection.Transport, peer, stop);
    }
}
