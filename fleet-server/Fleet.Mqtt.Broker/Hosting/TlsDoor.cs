using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Connections;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>
/// Stands before TLS: the limits of connections are asked before a handshake costs anything, a client that says nothing takes no place among the handshakes, and only so
/// many of them work at once.
/// </summary>
internal sealed class TlsDoor(MqttBroker broker, MqttListener? listener)
{
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var arrival = broker.Arrive(new KestrelPeer(connection, listener));
        if (arrival is null)
        {
            connection.Abort();
            return;
        }

        connection.Features.Set(arrival);
        broker.Door.Watch(arrival);
        try
        {
            if (await HasSpokenAsync(connection) && await HasPlaceAsync(connection, arrival))
            {
                await next(connection);
            }
        }
        finally
        {
            broker.Door.Unwatch(arrival);
        }
    }

    /// <summary>False: it has gone without a byte.</summary>
    private static async Task<bool> HasSpokenAsync(ConnectionContext connection)
    {
        try
        {
            var result = await connection.Transport.Input.ReadAsync(connection.ConnectionClosed);

            // Nothing is examined: the handshake reads it again.
            connection.Transport.Input.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private static async Task<bool> HasPlaceAsync(ConnectionContext connection, Arrival arrival)
    {
        try
        {
            await arrival.BeginHandshakeAsync(connection.ConnectionClosed);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
