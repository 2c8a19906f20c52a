using System.Buffers;
using System.IO.Pipelines;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>CONNECT to CONNACK (3.1, 3.2), with the challenges of an enhanced authentication between them (4.12).</summary>
internal sealed class MqttClientHandshake(MqttClientOptions options, Stream stream, PipeReader input, MqttClientAuthenticator? authenticator)
{
    /// <summary>The server's acceptance.</summary>
    /// <exception cref="MqttConnectException">The server refused.</exception>
    /// <exception cref="MqttProtocolException">It broke the protocol.</exception>
    public async Task<ConnAckPacket> RunAsync(CancellationToken cancellationToken)
    {
        await SendAsync(MqttConnectPackets.Build(options), cancellationToken);
        while (true)
        {
            switch (await ReadAsync(cancellationToken))
            {
                case ConnAckPacket connAck:
                    return Check(connAck);
                case AuthPacket auth when authenticator is not null:
                    await SendAsync((await authenticator.OnAuthAsync(auth, connected: false, cancellationToken))!, cancellationToken);
                    break;
                case AuthPacket:
                    throw MqttProtocolException.Violation("AUTH to a client that named no method [MQTT-4.12.0-6].");
                default:
                    throw MqttProtocolException.Violation("The first packet from the server is not CONNACK [MQTT-3.2.0-1].");
            }
        }
    }

    private ConnAckPacket Check(ConnAckPacket connAck)
    {
        if (connAck.ReasonCode != MqttReasonCode.Success)
        {
            var text = $"Server refused the connection: {connAck.ReasonCode} {connAck.Properties?.ReasonString}".TrimEnd();
            throw new MqttConnectException(text, connAck.ReasonCode, connAck.Properties?.ServerReference, null);
        }

        if (connAck.SessionPresent && options.CleanStart)
        {
            throw MqttProtocolException.Violation("The server found a session that Clean Start told it to forget [MQTT-3.2.2-2] [MQTT-3.2.2-4].");
        }

        authenticator?.OnConnected(connAck.Properties);
        return connAck;
    }

    private async Task SendAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        MqttEncoder.Write(buffer, packet, options.Version);
        await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private async Task<MqttPacket> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (MqttFrame.TryRead(ref buffer, options.MaximumPacketSize, out var frame))
            {
                var packet = frame.Decode(options.Version, MqttDecodeLimits.Default);
                input.AdvanceTo(buffer.Start);
                return packet;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The server closed the connection before CONNACK.");
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
