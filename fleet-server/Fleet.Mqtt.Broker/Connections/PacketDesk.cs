using System.IO.Pipelines;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>What connected clients send, packet by packet, to whom it concerns. Called by each connection's own read loop; holds nothing of its own.</summary>
internal sealed class PacketDesk(MqttBroker broker)
{
    private readonly SubscriptionDesk _subscriptions = new(broker);

    /// <summary>Handles what has been read. Not null: the connection is over.</summary>
    public async ValueTask<MqttDisconnectReason?> OnReadAsync(MqttConnection connection, ReadResult result)
    {
        connection.OnHeard();
        var buffer = result.Buffer;
        try
        {
            while (!connection.IsOver && MqttFrame.TryRead(ref buffer, connection.LargestPacket, out var frame))
            {
                broker.Metrics.Received(frame.Type);
                connection.Output.Trace?.Received(frame, connection.Output.Version, broker.Limits);
                if (frame.Type == MqttPacketType.Publish)
                {
                    var held = connection.Inbound.OnPublish(frame, connection.Flush);
                    if (!held.IsCompletedSuccessfully)
                    {
                        await WaitAsync(connection, held);
                    }
                }
                else if (frame.Type == MqttPacketType.Auth && connection.Authentication is not null)
                {
                    connection.Flush.Flush();
                    await AuthenticateAgainAsync(connection, (AuthPacket)Decode(connection, frame), connection.Authentication);
                }
                else if (Handle(connection, frame) is { } goodbye)
                {
                    return goodbye;
                }
            }
        }
        finally
        {
            connection.Flush.Flush();
            broker.Metrics.BytesReceived(result.Buffer.Length - buffer.Length);
            connection.Input.AdvanceTo(buffer.Start, buffer.End);
        }

        if (result.IsCompleted || result.IsCanceled || connection.IsOver)
        {
            return MqttConnection.Broken;
        }

        // A client that does not read what it is owed is not read either.
        await connection.Output.FlushAsync();
        return null;
    }

    /// <summary>The next packet has to wait; what is acknowledged so far must not wait with it.</summary>
    private static async ValueTask WaitAsync(MqttConnection connection, ValueTask held)
    {
        connection.Flush.Flush();
        await connection.Output.FlushAsync();
        connection.Deafen();
        await held;
        connection.OnHeard();
    }

    /// <summary>4.12.1. What fails ends the connection; another identity than that of CONNECT fails.</summary>
    private async ValueTask AuthenticateAgainAsync(MqttConnection connection, AuthPacket packet, MqttAuthenticationDialogue authentication)
    {
        var step = await authentication.OnAuthAsync(packet, connected: true, broker.Stopping);
        if (step.Outcome is { } outcome && !string.Equals(outcome.Identity?.Name, connection.Client!.Identity.Name, StringComparison.Ordinal))
        {
            // [MQTT-4.12.1-2]
            throw new MqttProtocolException(
                outcome.Identity is null ? outcome.ReasonCode : MqttReasonCode.NotAuthorized, "The client did not authenticate itself again (4.12.1).");
        }

        connection.Output.Write(authentication.ToPacket(step));
    }

    /// <summary>Anything but PUBLISH. Not null: the client said goodbye.</summary>
    private MqttDisconnectReason? Handle(MqttConnection connection, in MqttFrame frame)
    {
        switch (frame.Type)
        {
            case MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp:
                connection.Inbound.OnAcknowledgement(frame, connection.Flush);
                return null;
            case MqttPacketType.Subscribe:
                _subscriptions.OnSubscribe(connection, connection.Session!, (SubscribePacket)Decode(connection, frame), connection.Flush);
                return null;
            case MqttPacketType.Unsubscribe:
                _subscriptions.OnUnsubscribe(connection, connection.Session!, (UnsubscribePacket)Decode(connection, frame));
                return null;
            case MqttPacketType.PingReq:
                Decode(connection, frame);
                connection.Output.Write(PingRespPacket.Instance);
                return null;
            case MqttPacketType.Disconnect:
                return OnDisconnect(connection, frame);
            default:
                throw broker.Answers.ToPacketOfTheServer(frame);
        }
    }

    private MqttDisconnectReason OnDisconnect(MqttConnection connection, in MqttFrame frame)
    {
        var packet = broker.Answers.DecodeDisconnect(frame, connection.Output.Version, broker.Limits);
        if (packet.Properties?.SessionExpiryInterval is { } seconds)
        {
            connection.ChangeExpiry(seconds);
        }

        return new MqttDisconnectReason(ByClient: true, packet.ReasonCode);
    }

    private MqttPacket Decode(MqttConnection connection, in MqttFrame frame) => frame.Decode(connection.Output.Version, broker.Limits);
}
