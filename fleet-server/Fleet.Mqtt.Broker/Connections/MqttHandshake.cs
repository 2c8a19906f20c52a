using System.IO.Pipelines;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>From the first byte to the answer of a CONNECT (3.1, 3.2, 4.12). The broker's timer bounds the time of all of it.</summary>
internal sealed class MqttHandshake(MqttBroker broker, MqttConnection connection)
{
    private MqttOutput Output => connection.Output;

    /// <summary>Set once the client was told, or is not told, why it is not let in.</summary>
    public MqttReasonCode? Refusal { get; private set; }

    /// <summary>False: more bytes are needed. Otherwise the connection has its session, or what the client is to be told is written.</summary>
    public async ValueTask<bool> TryOpenAsync(ReadResult result)
    {
        if (!TryTakeConnect(result, out var connect))
        {
            return false;
        }

        if (connect is not null && await AnswerAsync(connect) is { } opening && !broker.TryEnter(connection, opening))
        {
            Refuse(connect, broker.Admission.Refused(connection, connect, ConnectAnswers.Refuse(MqttReasonCode.NotAuthorized)));
        }

        return true;
    }

    /// <summary>False: more bytes are needed. Without a packet: no CONNECT that can be understood will come.</summary>
    private bool TryTakeConnect(in ReadResult result, out ConnectPacket? connect)
    {
        connect = null;
        var buffer = result.Buffer;
        if (!buffer.IsEmpty && buffer.FirstSpan[0] >> 4 != (int)MqttPacketType.Connect)
        {
            // [MQTT-3.1.0-1]: nothing is answered to somebody who does not speak MQTT.
            return true;
        }

        if (MqttFrame.TryRead(ref buffer, broker.Options.MaximumConnectSize, out var frame))
        {
            connect = DecodeConnect(frame);
            connection.Input.AdvanceTo(buffer.Start);
            return true;
        }

        connection.Input.AdvanceTo(buffer.Start, buffer.End);
        return result.IsCompleted || result.IsCanceled;
    }

    /// <summary>Who it is and whether he may come in. Null: he may not; what he is to be told is written.</summary>
    private async ValueTask<MqttOpening?> AnswerAsync(ConnectPacket connect)
    {
        Output.Version = connect.Version;
        Output.AllowAliases(connect.Properties?.TopicAliasMaximum ?? 0);
        var opening = await OpenAsync(connect);
        if (opening is null)
        {
            return null;
        }

        if (opening.Client is null)
        {
            Refuse(connect, opening);
            return null;
        }

        if (connect.Properties?.MaximumPacketSize is { } size && MqttOpening.Length(opening.Answer, connect.Version) > size)
        {
            Refusal = MqttReasonCode.PacketTooLarge;
            return null;
        }

        return opening;
    }

    /// <summary>Answers a CONNECT that could be understood.</summary>
    private void Refuse(ConnectPacket connect, MqttOpening refusal) => Refuse(connect.Version, ConnectAnswers.Fit(refusal.Answer, connect));

    private async ValueTask<MqttOpening?> OpenAsync(ConnectPacket connect)
    {
        if (broker.Admission.Check(connection, connect) is { } refusal)
        {
            return refusal;
        }

        if (broker.Admission.Dialogue(connection, connect) is not { } dialogue)
        {
            return await broker.Admission.AuthenticateAsync(connection, connect);
        }

        connection.Authentication = dialogue;
        return await OpenAsync(connect, dialogue);
    }

    /// <summary>Challenges and responses until the method has decided (4.12).</summary>
    private async ValueTask<MqttOpening?> OpenAsync(ConnectPacket connect, MqttAuthenticationDialogue dialogue)
    {
        var step = await dialogue.BeginAsync(connect.Properties?.AuthenticationData, broker.Stopping);
        while (step.Outcome is null)
        {
            Output.Write(dialogue.ToPacket(step));
            await Output.FlushAsync();
            if (await ReadAuthAsync() is not { } answer)
            {
                return null;
            }

            step = await dialogue.OnAuthAsync(answer, connected: false, broker.Stopping);
        }

        var opening = broker.Admission.Admit(connection, connect, step.Outcome);
        if (opening.Client is not null)
        {
            opening.Answer.Properties!.AuthenticationMethod = dialogue.Method;
            opening.Answer.Properties.AuthenticationData = step.Data;
        }

        return opening;
    }

    /// <summary>Null: the client went, or said goodbye.</summary>
    private async Task<AuthPacket?> ReadAuthAsync()
    {
        while (true)
        {
            var result = await connection.Input.ReadAsync(CancellationToken.None);
            var buffer = result.Buffer;
            if (MqttFrame.TryRead(ref buffer, broker.Options.MaximumConnectSize, out var frame))
            {
                Output.Trace?.Received(frame, MqttVersion.V5, broker.Limits);
                var packet = frame.Decode(MqttVersion.V5, broker.Limits);
                connection.Input.AdvanceTo(buffer.Start);
                return packet switch
                {
                    AuthPacket auth => auth,
                    DisconnectPacket => null,

                    // [MQTT-3.1.4-5]: a client may send on, but nothing is looked at before it is let in.
                    _ => throw MqttProtocolException.Violation($"{packet.Type} before the authentication is complete (4.12)."),
                };
            }

            connection.Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                return null;
            }
        }
    }

    private ConnectPacket? DecodeConnect(in MqttFrame frame)
    {
        Output.Trace?.Received(frame, MqttVersion.V5, broker.Limits);
        try
        {
            return (ConnectPacket)frame.Decode(MqttVersion.V5, broker.Limits);
        }
        catch (MqttProtocolException error)
        {
            BrokerLog.ConnectRefused(broker.Logger, connection.Peer.Remote?.ToString(), error.ReasonCode, error.Message);
            if (broker.Answers.ToBadConnect(error, frame) is var (version, answer) && answer is not null)
            {
                Refuse(version, answer);
            }

            return null;
        }
    }

    private void Refuse(MqttVersion version, ConnAckPacket answer)
    {
        Refusal = answer.ReasonCode;
        Output.Version = version;
        if (version == MqttVersion.V5 || ConnectReturnCode.FromReasonCode(answer.ReasonCode) is not null)
        {
            Output.Write(answer);
        }
    }
}
