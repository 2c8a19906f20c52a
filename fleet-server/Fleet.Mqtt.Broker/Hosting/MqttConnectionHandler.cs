using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Connections;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>Hands Kestrel's connections to the broker.</summary>
internal static class MqttConnectionHandler
{
    /// <summary>One that came through TLS has passed the gates before.</summary>
    public static Task ServeAsync(this MqttBroker broker, ConnectionContext connection, MqttListener? listener) =>
        connection.Features.Get<Arrival>() is { } arrival
            ? broker.ServeAsync(connection.Transport, arrival)
            : broker.ServeAsync(connection.Transport, new KestrelPeer(connection, listener));
}
