using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>
/// The server's half of a session (MQTT 5.0, 4.1): subscriptions, what is in flight, what waits. Outlives its connections until it expires. Everything is
/// guarded by one gate; under it only the output of the session's own connection is locked.
/// </summary>
internal sealed class MqttSession(MqttBrokerOptions options, BrokerClock clock, string clientId)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private Dictionary<ushort, Delivery>? _inFlight;
    private Queue<Delivery>? _queue;
    private HashSet<ushort>? _received;
    private TaskCompletionSource? _room;
    private MqttConnection? _connection;
    private long _queuedBytes;
    private long _order;
    private ushort _lastPacketId;

    public string ClientId => clientId;

    /// <summary>The current or last connection.</summary>
    public required MqttClientInfo Client { get; set; }

    /// <summary>Seconds; <see cref="uint.MaxValue"/>: never.</summary>
    public uint ExpirySeconds { get; set; }

    /// <summary>Guarded by the registry's lock; set while a delayed will is pending.</summary>
    public Will? PendingWill { get; set; }

    /// <summary>Broker clock; guarded by the registry's lock.</summary>
    public long WillDueAt { get; set; }

    /// <summary>Broker clock; guarded by the registry's lock.</summary>
    public long ExpiresAt { get; set; } = StoredMessage.Never;

    public bool IsConnected => Volatile.Read(ref _connection) is not null;

    public MqttConnection? Connection => Volatile.Read(ref _connection);

    /// <summary>One more message could be sent at once; a hint for sharing.</summary>
    public bool HasRoom => Volatile.Read(ref _connection) is { } connection && !connection.Output.IsCongested && (_queue?.Count ?? 0) == 0;

    public int SubscriptionCount
    {
        get
        {
            lock (_gate)
            {
                return _subscriptions.Count;
            }
        }
    }

    public int QueuedMessages
    {
        get
        {
            lock (_gate)
            {
                return (_queue?.Count ?? 0) + (_inFlight?.Count ?? 0);
            }
        }
    }

    /// <summary>Notes a subscription; null: the session has as many as it may.</summary>
    public Subscription? Subscribe(MqttSubscription request, uint identifier)
    {
        lock (_gate)
        {
            if (_subscriptions.Count >= options.MaximumSubscriptionsPerSession && !_subscriptions.ContainsKey(request.Filter))
            {
                return null;
            }

            return _subscriptions[request.Filter] = new Subscription(this, request, identifier);
        }
    }

    public bool Unsubscribe(string filter)
    {
        lock (_gate)
        {
            return _subscriptions.Remove(filter);
        }
    }

    public string[] TakeSubscriptions()
    {
        lock (_gate)
        {
            string[] filters = [.. _subscriptions.Keys];
            _subscriptions.Clear();
            return filters;
        }
    }

    /// <summary>Sends or queues a message.</summary>
    public DeliverOutcome Deliver(
        StoredMessage message, MqttQos qos, bool retain, uint[] identifiers, FlushSet flush, TaskCompletionSource<MqttDeliveryResult>? completion = null)
    {
        lock (_gate)
        {
            var connection = _connection;
            if (qos == MqttQos.AtMostOnce)
            {
                return connection is not null && SendQos0Locked(connection, message, retain, identifiers, flush) ? DeliverOutcome.Sent : DeliverOutcome.Dropped;
            }

            var delivery = new Delivery(message, qos, retain, identifiers, completion);
            if (connection is not null && (_queue?.Count ?? 0) == 0 && MaySendLocked(connection))
            {
                return SendLocked(connection, delivery, flush) ? DeliverOutcome.Sent : DeliverOutcome.Dropped;
            }

            return EnqueueLocked(delivery) ? DeliverOutcome.Queued : DeliverOutcome.Full;
        }
    }

    /// <summary>Takes back a message of the server itself that came too late for the connection.</summary>
    public void Withdraw(TaskCompletionSource<MqttDeliveryResult> completion)
    {
        lock (_gate)
        {
            if (_connection is null)
            {
                LoseDirectLocked();
                completion.TrySetResult(new MqttDeliveryResult(MqttDelivery.NotConnected));
            }
        }
    }

    /// <summary>Makes room by dropping what waits longest; false: nothing waits.</summary>
    public bool DropOldest()
    {
        lock (_gate)
        {
            if (_queue is null || !_queue.TryDequeue(out var oldest))
            {
                return false;
            }

            _queuedBytes -= oldest.Message.Size;
            oldest.Complete(MqttDelivery.NoRoom);
            return true;
        }
    }

    /// <summary>Completes when the queue has become shorter or the connection has gone.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_connection is null || _queue is null || !IsFullLocked(0))
            {
                return Task.CompletedTask;
            }

            return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>A connection takes the session; what was in flight is sent again [MQTT-4.4.0-1], then what waits.</summary>
    public void Attach(MqttConnection connection, MqttClientInfo client, Func<StoredMessage, bool> mayReceive, FlushSet flush)
    {
        lock (_gate)
        {
            Client = client;
            _connection = connection;
            foreach (var delivery in _inFlight?.Values.OrderBy(static d => d.Order).ToArray() ?? [])
            {
                ResendLocked(connection, delivery, flush);
            }

            if (_queue is not null && _queue.Any(d => !mayReceive(d.Message)))
            {
                _queue = new Queue<Delivery>(_queue.Where(d => mayReceive(d.Message)));
                _queuedBytes = _queue.Sum(static d => (long)d.Message.Size);
            }

            PumpLocked(flush);
        }
    }

    /// <summary>The connection is over. False: it was not this session's any more.</summary>
    public bool Detach(MqttConnection connection)
    {
        lock (_gate)
        {
            if (_connection != connection)
            {
                return false;
            }

            _connection = null;
            LoseDirectLocked();
            _room?.TrySetResult();
            _room = null;
            return true;
        }
    }

    /// <summary>The session ends: nothing of it is kept.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            LoseDirectLocked();
            _inFlight = null;
            _queue = null;
            _queuedBytes = 0;
            _received = null;
        }
    }

    /// <summary>PUBACK, PUBREC or PUBCOMP from the client. False: no such message is in flight.</summary>
    /// <exception cref="MqttProtocolException">Not the acknowledgement that is due (4.3).</exception>
    public bool OnAcknowledged(MqttPacketType type, ushort packetId, MqttReasonCode code, FlushSet flush)
    {
        lock (_gate)
        {
            if (_inFlight is null || !_inFlight.TryGetValue(packetId, out var delivery))
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
                _connection?.Output.WriteAck(MqttPacketType.PubRel, packetId, MqttReasonCode.Success);
                return true;
            }

            _inFlight.Remove(packetId);
            delivery.Complete(code.IsFailure() ? MqttDelivery.Refused : MqttDelivery.Delivered, code);
            PumpLocked(flush);
            return true;
        }
    }

    /// <summary>The client reads again: send what waits.</summary>
    public void Pump(FlushSet flush)
    {
        lock (_gate)
        {
            PumpLocked(flush);
        }
    }

    /// <summary>False: this QoS 2 message was received before [MQTT-4.3.3-10].</summary>
    public bool Receive(ushort packetId)
    {
        lock (_gate)
        {
            return (_received ??= []).Add(packetId);
        }
    }

    public bool Release(ushort packetId)
    {
        lock (_gate)
        {
            return _received?.Remove(packetId) == true;
        }
    }

    /// <summary>QoS 2 messages of the client that wait for PUBREL.</summary>
    public int Received
    {
        get
        {
            lock (_gate)
            {
                return _received?.Count ?? 0;
            }
        }
    }

    private bool MaySendLocked(MqttConnection connection) =>
        !connection.Output.IsCongested && (_inFlight?.Count ?? 0) < connection.SendQuota;

    private bool SendQos0Locked(MqttConnection connection, StoredMessage message, bool retain, uint[] identifiers, FlushSet flush)
    {
        var head = new PublishHead(MqttQos.AtMostOnce, retain, Duplicate: false, PacketId: 0);
        if (message.PacketLength(head, identifiers, connection.Output.Version) > connection.MaximumPacketSize
            || !connection.Output.TryWritePublish(message, head, identifiers, clock.Now))
        {
            return false;
        }

        flush.Add(connection);
        return true;
    }

    private bool SendLocked(MqttConnection connection, Delivery delivery, FlushSet flush)
    {
        var now = clock.Now;
        if (delivery.Message.IsExpired(now))
        {
            delivery.Complete(MqttDelivery.Expired);
            return false;
        }

        var head = new PublishHead(delivery.Qos, delivery.Retain, Duplicate: false, NextPacketIdLocked());
        if (delivery.Message.PacketLength(head, delivery.Identifiers, connection.Output.Version) > connection.MaximumPacketSize)
        {
            // [MQTT-3.1.2-25]: as if it had been sent.
            delivery.Complete(MqttDelivery.NoRoom, MqttReasonCode.PacketTooLarge);
            return false;
        }

        delivery.PacketId = head.PacketId;
        delivery.Order = ++_order;
        (_inFlight ??= []).Add(head.PacketId, delivery);
        connection.Output.TryWritePublish(delivery.Message, head, delivery.Identifiers, now);
        flush.Add(connection);
        return true;
    }

    private void ResendLocked(MqttConnection connection, Delivery delivery, FlushSet flush)
    {
        if (delivery.Awaits == MqttPacketType.PubComp)
        {
            connection.Output.WriteAck(MqttPacketType.PubRel, delivery.PacketId, MqttReasonCode.Success);
        }
        else
        {
            var head = new PublishHead(delivery.Qos, delivery.Retain, Duplicate: true, delivery.PacketId);
            connection.Output.TryWritePublish(delivery.Message, head, delivery.Identifiers, clock.Now);
        }

        flush.Add(connection);
    }

    private bool IsFullLocked(int more) =>
        _queue is not null && (_queue.Count >= options.MaximumQueuedMessages || _queuedBytes + more > options.MaximumQueuedBytes);

    private bool EnqueueLocked(Delivery delivery)
    {
        _queue ??= new Queue<Delivery>();
        if (_queue.Count > 0 && IsFullLocked(delivery.Message.Size))
        {
            return false;
        }

        _queue.Enqueue(delivery);
        _queuedBytes += delivery.Message.Size;
        return true;
    }

    private void PumpLocked(FlushSet flush)
    {
        if (_connection is not { } connection || _queue is null)
        {
            return;
        }

        while (MaySendLocked(connection) && _queue.TryDequeue(out var delivery))
        {
            _queuedBytes -= delivery.Message.Size;
            SendLocked(connection, delivery, flush);
        }

        if (_room is not null && !IsFullLocked(0))
        {
            _room.TrySetResult();
            _room = null;
        }

        _queue = _queue.Count == 0 ? null : _queue;
    }

    private void LoseDirectLocked()
    {
        foreach (var delivery in _inFlight?.Values.Where(static d => d.Completion is not null).ToArray() ?? [])
        {
            _inFlight!.Remove(delivery.PacketId);
            delivery.Complete(MqttDelivery.ConnectionLost);
        }

        if (_queue?.Any(static d => d.Completion is not null) == true)
        {
            foreach (var delivery in _queue)
            {
                delivery.Complete(MqttDelivery.NotConnected);
            }

            _queue = new Queue<Delivery>(_queue.Where(static d => d.Completion is null));
            _queuedBytes = _queue.Sum(static d => (long)d.Message.Size);
        }
    }

    private ushort NextPacketIdLocked()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (_inFlight?.ContainsKey(_lastPacketId) == true);
        return _lastPacketId;
    }
}
