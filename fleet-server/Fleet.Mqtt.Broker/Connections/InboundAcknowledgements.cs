using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// The answers to one client's QoS 1 and 2 messages: in the order they came [MQTT-4.6.0-2] [MQTT-4.6.0-3], whenever they are decided, and no more open than Receive Maximum. Any
/// thread.
/// </summary>
internal sealed class InboundAcknowledgements(MqttBroker broker, MqttConnection connection, MqttSession session)
{
    private readonly Lock _lock = new();
    private readonly OrderedAcknowledgements _entries = new();
    private TaskCompletionSource? _room;
    private int _waiting;

    private MqttVersion Version => connection.Output.Version;

    /// <summary>A message has come; its answer has its place.</summary>
    /// <exception cref="MqttProtocolException">More than Receive Maximum (0x93). Older clients know no such limit: see <see cref="WaitForRoomAsync"/>.</exception>
    public OrderedAcknowledgements.Entry Note(MqttQos qos, ushort packetId)
    {
        lock (_lock)
        {
            if (++_waiting > broker.Options.ReceiveMaximum && Version == MqttVersion.V5)
            {
                throw new MqttProtocolException(MqttReasonCode.ReceiveMaximumExceeded, $"More than {broker.Options.ReceiveMaximum} unacknowledged messages [MQTT-3.3.4-9].");
            }

            return _entries.Add(qos == MqttQos.AtLeastOnce ? MqttPacketType.PubAck : MqttPacketType.PubRec, packetId);
        }
    }

    /// <summary>It is decided what becomes of the message.</summary>
    public void Finish(OrderedAcknowledgements.Entry entry, MqttReasonCode code)
    {
        if (entry.Answer == MqttPacketType.PubRec)
        {
            session.Decide(entry.PacketId, code);
        }

        lock (_lock)
        {
            FinishLocked(entry, code);
        }
    }

    /// <summary>
    /// A QoS 2 message that was received before: answered again, not delivered again [MQTT-4.3.3-10]. One that came through an earlier connection and is not decided yet is answered when it
    /// is.
    /// </summary>
    public void Repeat(ushort packetId)
    {
        lock (_lock)
        {
            if (_entries.FindUndecided(packetId) is not null)
            {
                return;
            }

            if (session.TryWaitForDecision(packetId, code => FinishRepeated(packetId, code)))
            {
                _waiting++;
                _entries.Add(MqttPacketType.PubRec, packetId);
            }
            else
            {
                connection.Output.WriteAck(MqttPacketType.PubRec, packetId, MqttReasonCode.Success);
            }
        }
    }

    /// <summary>PUBREL.</summary>
    public void Release(ushort packetId)
    {
        var known = session.Release(packetId);
        lock (_lock)
        {
            _waiting -= known && _waiting > 0 ? 1 : 0;
            connection.Output.WriteAck(MqttPacketType.PubComp, packetId, known ? MqttReasonCode.Success : broker.Answers.UnknownPacketId);
        }
    }

    /// <summary>Completes when fewer than Receive Maximum are undecided: how clients are held that are not told of it (3.1.1).</summary>
    public Task WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (Version == MqttVersion.V5 || _entries.Count < broker.Options.ReceiveMaximum)
            {
                return Task.CompletedTask;
            }

            return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void FinishRepeated(ushort packetId, MqttReasonCode code)
    {
        lock (_lock)
        {
            if (_entries.FindUndecided(packetId) is { } entry)
            {
                FinishLocked(entry, code);
            }
        }

        connection.Output.FlushSoon();
    }

    private void FinishLocked(OrderedAcknowledgements.Entry entry, MqttReasonCode code)
    {
        entry.Decide(code);
        while (_entries.TryTake(out var decided))
        {
            AnswerLocked(decided);
        }

        if (_room is not null && _entries.Count < broker.Options.ReceiveMaximum)
        {
            _room.TrySetResult();
            _room = null;
        }
    }

    private void AnswerLocked(OrderedAcknowledgements.Entry entry)
    {
        var code = entry.ReasonCode;
        if (entry.Answer == MqttPacketType.PubAck || code.IsFailure())
        {
            _waiting--;
        }
        else
        {
            code = MqttReasonCode.Success;
        }

        if (Version != MqttVersion.V5 && code.IsFailure())
        {
            // 3.1.1, 3.3.5.2: no negative acknowledgement exists; an acknowledgement would be a lie.
            connection.Close(code);
            return;
        }

        connection.Output.WriteAck(entry.Answer, entry.PacketId, code);
    }
}
