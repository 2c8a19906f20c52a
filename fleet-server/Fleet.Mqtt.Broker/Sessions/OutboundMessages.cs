using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>
/// QoS 1 and 2 messages on their way to one session: in flight (4.3), due again after a reconnect (4.4), waiting for room. Guarded by the session's gate.
/// </summary>
internal sealed class OutboundMessages(MqttBrokerOptions options, BrokerClock clock)
{
    private readonly Dictionary<ushort, Delivery> _inFlight = [];
    private Queue<Delivery>? _again;
    private Queue<Delivery>? _queue;
    private TaskCompletionSource? _room;
    private long _queuedBytes;
    private long _order;
    private int _onWire;
    private ushort _lastPacketId;

    public int Count => _inFlight.Count + Queued;

    public int Queued => _queue?.Count ?? 0;

    /// <summary>Sends at once if the client may get one more, else queues.</summary>
    public DeliverOutcome Deliver(MqttConnection? connection, Delivery delivery, FlushSet flush)
    {
        if (connection is not null && Queued == 0 && MaySend(connection))
        {
            return Send(connection, delivery, flush) ? DeliverOutcome.Sent : DeliverOutcome.Dropped;
        }

        return Enqueue(delivery) ? DeliverOutcome.Queued : DeliverOutcome.Full;
    }

    /// <summary>Makes room by dropping what waits longest; false: nothing waits.</summary>
    public bool DropOldest()
    {
        if (_queue is null || !_queue.TryDequeue(out var oldest))
        {
            return false;
        }

        _queuedBytes -= oldest.Message.Size;
        oldest.Complete(MqttDelivery.NoRoom);
        return true;
    }

    /// <summary>Completes when the queue has become shorter or the connection has gone.</summary>
    public Task WaitForRoomAsync()
    {
        if (!IsFull(0))
        {
            return Task.CompletedTask;
        }

        return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>
    /// A connection has come: what was in flight is due again in its order [MQTT-4.4.0-1] [MQTT-4.6.0-1], no faster than this connection's Receive Maximum allows [MQTT-3.3.4-9];
    /// what the client may no longer receive goes.
    /// </summary>
    public void Resume(MqttConnection connection, MqttClientInfo client, IMqttAuthorizer authorizer)
    {
        _onWire = 0;
        foreach (var delivery in _inFlight.Values)
        {
            delivery.IsOnWire = false;
        }

        _again = _inFlight.Count == 0 ? null : new Queue<Delivery>(_inFlight.Values.OrderBy(static d => d.Order));
        if (_queue is not null && !_queue.All(d => authorizer.MayReceive(client, d.Message.Topic)))
        {
            Requeue(_queue.Where(d => authorizer.MayReceive(client, d.Message.Topic)));
        }

        Pump(connection, connection.Flush);
    }

    /// <summary>The connection has gone: who waits for room need not wait, and what the server itself sent does not outlive it.</summary>
    public void Suspend()
    {
        LoseDirect();
        _room?.TrySetResult();
        _room = null;
    }

    public void LoseDirect()
    {
        foreach (var delivery in _inFlight.Values.Where(static d => d.Completion is not null).ToArray())
        {
            Remove(delivery);
            delivery.Complete(MqttDelivery.ConnectionLost);
        }

        if (_queue?.Any(static d => d.Completion is not null) == true)
        {
            foreach (var delivery in _queue)
            {
                delivery.Complete(MqttDelivery.NotConnected);
            }

            Requeue(_queue.Where(static d => d.Completion is null));
        }
    }

    /// <summary>PUBACK, PUBREC or PUBCOMP from the client. False: no such message is in flight.</summary>
    /// <exception cref="MqttProtocolException">Not the acknowledgement that is due (4.3).</exception>
    public bool OnAcknowledged(MqttConnection? connection, MqttPacketType type, ushort packetId, MqttReasonCode code, FlushSet flush)
    {
        if (!_inFlight.TryGetValue(packetId, out var delivery))
        {
            return false;
        }

        var again = type == MqttPacketType.PubRec && delivery.Awaits == MqttPacketType.PubComp;
        if (type != delivery.Awaits && !again)
        {
            throw MqttProtocolException.Violation($"{type} where {delivery.Awaits} is due (4.3).");
        }

        if (type == MqttPacketType.PubRec && !code.IsFailure())
        {
            delivery.Awaits = MqttPacketType.PubComp;
            connection?.Output.WriteAck(MqttPacketType.PubRel, packetId, MqttReasonCode.Success);
            return true;
        }

        Remove(delivery);
        delivery.Complete(code.IsFailure() ? MqttDelivery.Refused : MqttDelivery.Delivered, code);
        Pump(connection, flush);
        return true;
    }

    /// <summary>Sends what is due again, then what waits, as far as the client takes it.</summary>
    public void Pump(MqttConnection? connection, FlushSet flush)
    {
        if (connection is null)
        {
            return;
        }

        SendAgain(connection, flush);
        while (_queue is not null && MaySend(connection) && _queue.TryDequeue(out var delivery))
        {
            _queuedBytes -= delivery.Message.Size;
            if (delivery.Message.IsExpired(clock.Now))
            {
                // [MQTT-3.3.2-5]
                delivery.Complete(MqttDelivery.Expired);
            }
            else
            {
                Send(connection, delivery, flush);
            }
        }

        if (_room is not null && !IsFull(0))
        {
            _room.TrySetResult();
            _room = null;
        }

        _queue = Queued == 0 ? null : _queue;
    }

    private bool MaySend(MqttConnection connection) => _again is null && !connection.Output.IsCongested && _onWire < connection.SendQuota;

    private void SendAgain(MqttConnection connection, FlushSet flush)
    {
        while (_again is not null && _again.TryPeek(out var delivery))
        {
            if (connection.Output.IsCongested || (delivery.Awaits != MqttPacketType.PubComp && _onWire >= connection.SendQuota))
            {
                return;
            }

            _again.Dequeue();
            _again = _again.Count == 0 ? null : _again;
            if (_inFlight.ContainsKey(delivery.PacketId))
            {
                SendAgain(connection, delivery, flush);
            }
        }
    }

    private void SendAgain(MqttConnection connection, Delivery delivery, FlushSet flush)
    {
        var head = new PublishHead(delivery.Qos, delivery.Retain, Duplicate: true, delivery.PacketId);
        if (delivery.Awaits == MqttPacketType.PubComp)
        {
            connection.Output.WriteAck(MqttPacketType.PubRel, delivery.PacketId, MqttReasonCode.Success);
        }
        else if (IsTooLarge(connection, delivery, head))
        {
            Remove(delivery);
            return;
        }
        else
        {
            connection.Output.TryWritePublish(delivery.Message, head, delivery.Identifiers, clock.Now);
        }

        Note(delivery);
        flush.Add(connection);
    }

    private bool Send(MqttConnection connection, Delivery delivery, FlushSet flush)
    {
        var head = new PublishHead(delivery.Qos, delivery.Retain, Duplicate: false, NextPacketId());
        if (IsTooLarge(connection, delivery, head))
        {
            return false;
        }

        delivery.PacketId = head.PacketId;
        delivery.Order = ++_order;
        _inFlight.Add(head.PacketId, delivery);
        Note(delivery);
        connection.Output.TryWritePublish(delivery.Message, head, delivery.Identifiers, clock.Now);
        flush.Add(connection);
        return true;
    }

    /// <summary>[MQTT-3.1.2-24] [MQTT-3.1.2-25]: not sent, and done with as if it had been.</summary>
    private static bool IsTooLarge(MqttConnection connection, Delivery delivery, in PublishHead head)
    {
        if (delivery.Message.PacketLength(head, delivery.Identifiers, connection.Output.Version) <= connection.MaximumPublishSize)
        {
            return false;
        }

        delivery.Complete(MqttDelivery.NoRoom, MqttReasonCode.PacketTooLarge);
        return true;
    }

    private void Note(Delivery delivery)
    {
        delivery.IsOnWire = true;
        _onWire++;
    }

    private void Remove(Delivery delivery)
    {
        _inFlight.Remove(delivery.PacketId);
        _onWire -= delivery.IsOnWire ? 1 : 0;
    }

    private bool IsFull(int more) =>
        _queue is not null && (_queue.Count >= options.MaximumQueuedMessages || _queuedBytes + more > options.MaximumQueuedBytes);

    private bool Enqueue(Delivery delivery)
    {
        _queue ??= new Queue<Delivery>();
        if (_queue.Count > 0 && IsFull(delivery.Message.Size))
        {
            return false;
        }

        _queue.Enqueue(delivery);
        _queuedBytes += delivery.Message.Size;
        return true;
    }

    private void Requeue(IEnumerable<Delivery> deliveries)
    {
        _queue = new Queue<Delivery>(deliveries);
        _queuedBytes = _queue.Sum(static d => (long)d.Message.Size);
    }

    private ushort NextPacketId()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (_inFlight.ContainsKey(_lastPacketId));
        return _lastPacketId;
    }
}
