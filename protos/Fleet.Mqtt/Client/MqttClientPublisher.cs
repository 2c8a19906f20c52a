using System.Diagnostics.CodeAnalysis;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>
/// The messages of one connection on their way to the server: places for those in flight, aliases, acknowledgements, and what an earlier connection left unfinished.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Late publishers still pass the semaphore to be told of the end; it has no wait handle.")]
internal sealed class MqttClientPublisher
{
    private readonly MqttClientSession _session;
    private readonly MqttClientSender _sender;
    private readonly MqttServerLimits _limits;
    private readonly MqttTopicAliases? _aliases;
    private readonly int _maximum;
    private readonly SemaphoreSlim _places;
    private readonly Lock _lock = new();
    private readonly Queue<MqttClientSession.Outgoing> _again; // under _lock
    private int _onWire; // under _lock
    private MqttConnectionLostException? _lost; // under _lock

    public MqttClientPublisher(MqttClientSession session, MqttClientSender sender, MqttServerLimits limits, MqttTopicAliases? aliases, int maximum)
    {
        _session = session;
        _sender = sender;
        _limits = limits;
        _aliases = aliases;
        _maximum = maximum;
        _again = new Queue<MqttClientSession.Outgoing>(session.Unfinished());
        _places = new SemaphoreSlim(Math.Max(0, maximum - _again.Count));
        foreach (var outgoing in _again)
        {
            outgoing.IsOnWire = false;
        }

        lock (_lock)
        {
            SendAgainLocked();
        }
    }

    /// <summary>Sends a message; waits for a place when as many are in flight as the server allows (3.2.2.3.3).</summary>
    public async ValueTask<MqttPublishResult> PublishAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        _limits.Check(message);
        await _places.WaitAsync(cancellationToken);
        return await Begin(message).WaitAsync(cancellationToken);
    }

    /// <summary>Sends a message of QoS 0.</summary>
    public void PublishUnacknowledged(MqttMessage message)
    {
        _limits.Check(message);
        lock (_lock)
        {
            RefuseIfLostLocked();
            SendLocked(message, packetId: 0, duplicate: false);
        }
    }

    /// <summary>PUBACK, PUBREC or PUBCOMP.</summary>
    /// <exception cref="MqttProtocolException">Not the acknowledgement that is due.</exception>
    public void OnAcknowledged(PublishAckPacket packet)
    {
        if (_session.Find(packet.PacketId) is not { } outgoing)
        {
            if (packet.Type == MqttPacketType.PubRec && !packet.ReasonCode.IsFailure())
            {
                _sender.SendAck(MqttPacketType.PubRel, packet.PacketId, MqttReasonCode.PacketIdentifierNotFound);
            }

            return;
        }

        if (packet.Type == MqttPacketType.PubRec && outgoing.Awaits is MqttPacketType.PubRec or MqttPacketType.PubComp && !packet.ReasonCode.IsFailure())
        {
            outgoing.Code = outgoing.Awaits == MqttPacketType.PubRec ? packet.ReasonCode : outgoing.Code;
            outgoing.Awaits = MqttPacketType.PubComp;
            _sender.SendAck(MqttPacketType.PubRel, packet.PacketId, MqttReasonCode.Success);
            return;
        }

        if (packet.Type != outgoing.Awaits)
        {
            throw MqttProtocolException.Violation($"{packet.Type} where {outgoing.Awaits} is due (4.3).");
        }

        lock (_lock)
        {
            FinishLocked(outgoing);
        }

        var code = packet.ReasonCode == MqttReasonCode.Success ? outgoing.Code : packet.ReasonCode;
        outgoing.Complete(new MqttPublishResult(code, packet.Properties?.ReasonString));
    }

    /// <summary>The connection has ended: whoever waits is told, for a place too. What is unfinished stays in the session if <paramref name="isKept"/>.</summary>
    public void Fail(MqttConnectionLostException error, bool isKept)
    {
        lock (_lock)
        {
            _lost = error;
            foreach (var outgoing in isKept ? _session.Unfinished() : _session.Discard())
            {
                outgoing.Fail(error);
            }
        }

        _places.Release(ushort.MaxValue);
    }

    private Task<MqttPublishResult> Begin(MqttMessage message)
    {
        lock (_lock)
        {
            RefuseIfLostLocked();
            var outgoing = _session.Add(message);
            var task = outgoing.Wait();
            NoteLocked(outgoing);
            try
            {
                SendLocked(message, outgoing.PacketId, duplicate: false);
            }
            catch
            {
                // The message cannot be encoded: it never existed.
                FinishLocked(outgoing);
                throw;
            }

            return task;
        }
    }

    private void RefuseIfLostLocked()
    {
        if (_lost is not null)
        {
            throw new MqttConnectionLostException(_lost.Disconnect);
        }
    }

    private void NoteLocked(MqttClientSession.Outgoing outgoing)
    {
        outgoing.IsOnWire = true;
        _onWire++;
    }

    private void FinishLocked(MqttClientSession.Outgoing outgoing)
    {
        if (!_session.Remove(outgoing))
        {
            return;
        }

        _onWire -= outgoing.IsOnWire ? 1 : 0;
        SendAgainLocked();
        if (_session.InFlight < _maximum)
        {
            _places.Release();
        }
    }

    /// <summary>
    /// [MQTT-4.4.0-1]: PUBLISH with DUP, or PUBREL, under the identifier they had and in their order [MQTT-4.6.0-1]; no more at once than this connection's Receive Maximum [MQTT-3.3.4-7].
    /// </summary>
    private void SendAgainLocked()
    {
        while (_again.TryPeek(out var outgoing) && (_onWire < _maximum || outgoing.Awaits == MqttPacketType.PubComp))
        {
            _again.Dequeue();
            if (_session.Find(outgoing.PacketId) != outgoing)
            {
                continue;
            }

            NoteLocked(outgoing);
            if (outgoing.Awaits == MqttPacketType.PubComp)
            {
                _sender.SendAck(MqttPacketType.PubRel, outgoing.PacketId, MqttReasonCode.Success);
            }
            else
            {
                SendLocked(outgoing.Message, outgoing.PacketId, duplicate: true);
            }
        }
    }

    private void SendLocked(MqttMessage message, ushort packetId, bool duplicate)
    {
        var head = new PublishHead(message.Qos, message.Retain, duplicate, packetId);
        var topic = message.Topic;
        var properties = message.ToProperties();
        if (_aliases is not null)
        {
            (topic, properties) = _aliases.Apply(topic, properties);
        }

        _sender.SendPublish(head, message, topic, properties);
    }
}
