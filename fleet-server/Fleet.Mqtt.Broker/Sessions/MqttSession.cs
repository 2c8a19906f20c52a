using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>
/// The server's half of a session (MQTT 5.0, 4.1). Outlives its connections until it expires. Everything is guarded by one gate; under it only the output of the session's own
/// connection is locked. What most sessions never need is made when first used.
/// </summary>
internal sealed class MqttSession(MqttBrokerOptions options, BrokerClock clock, string clientId)
{
    private readonly Lock _gate = new();
    private Dictionary<string, Subscription>? _subscriptions;
    private OutboundMessages? _outbound;
    private ReceivedMessages? _received;
    private MqttConnection? _connection;

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
    public bool HasRoom => Volatile.Read(ref _connection) is { } connection && !connection.Output.IsCongested && (Volatile.Read(ref _outbound)?.Queued ?? 0) == 0;

    /// <summary>QoS 1 and 2 messages to the client, in flight or queued.</summary>
    public int WaitingMessages
    {
        get
        {
            lock (_gate)
            {
                return _outbound?.Count ?? 0;
            }
        }
    }

    /// <summary>Notes a subscription; null: the session has as many as it may.</summary>
    public Subscription? Subscribe(MqttSubscription request, uint identifier)
    {
        lock (_gate)
        {
            _subscriptions ??= new Dictionary<string, Subscription>(StringComparer.Ordinal);
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
            return _subscriptions?.Remove(filter) == true;
        }
    }

    public string[] TakeSubscriptions()
    {
        lock (_gate)
        {
            string[] filters = [.. _subscriptions?.Keys ?? Enumerable.Empty<string>()];
            _subscriptions = null;
            return filters;
        }
    }

    /// <summary>Sends or queues a message.</summary>
    public DeliverOutcome Deliver(
        StoredMessage message, MqttQos qos, bool retain, uint[] identifiers, FlushSet flush, TaskCompletionSource<MqttDeliveryResult>? completion = null)
    {
        lock (_gate)
        {
            if (qos == MqttQos.AtMostOnce)
            {
                return _connection is not null && SendQos0Locked(_connection, message, retain, identifiers, flush) ? DeliverOutcome.Sent : DeliverOutcome.Dropped;
            }

            _outbound ??= new OutboundMessages(options, clock);
            return _outbound.Deliver(_connection, new Delivery(message, qos, retain, identifiers, completion), flush);
        }
    }

    /// <summary>Takes back a message of the server itself that came too late for the connection.</summary>
    public void Withdraw(TaskCompletionSource<MqttDeliveryResult> completion)
    {
        lock (_gate)
        {
            if (_connection is null)
            {
                _outbound?.LoseDirect();
                completion.TrySetResult(new MqttDeliveryResult(MqttDelivery.NotConnected));
            }
        }
    }

    /// <inheritdoc cref="OutboundMessages.DropOldest"/>
    public bool DropOldest()
    {
        lock (_gate)
        {
            return _outbound?.DropOldest() == true;
        }
    }

    /// <inheritdoc cref="OutboundMessages.WaitForRoomAsync"/>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            return _connection is null || _outbound is null ? Task.CompletedTask : _outbound.WaitForRoomAsync();
        }
    }

    /// <summary>A connection takes the session.</summary>
    public void Attach(MqttConnection connection, MqttClientInfo client, IMqttAuthorizer authorizer)
    {
        lock (_gate)
        {
            Client = client;
            _connection = connection;
            _outbound?.Resume(connection, client, authorizer);
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
            _outbound?.Suspend();
            return true;
        }
    }

    /// <summary>The session ends: nothing of it is kept.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _outbound?.LoseDirect();
            _outbound = null;
            _received = null;
        }
    }

    /// <inheritdoc cref="OutboundMessages.OnAcknowledged"/>
    public bool OnAcknowledged(MqttPacketType type, ushort packetId, MqttReasonCode code, FlushSet flush)
    {
        lock (_gate)
        {
            return _outbound?.OnAcknowledged(_connection, type, packetId, code, flush) == true;
        }
    }

    /// <summary>The client reads again: send what waits.</summary>
    public void Pump(FlushSet flush)
    {
        lock (_gate)
        {
            _outbound?.Pump(_connection, flush);
        }
    }

    /// <inheritdoc cref="ReceivedMessages.Add"/>
    public bool Receive(ushort packetId)
    {
        lock (_gate)
        {
            return (_received ??= new ReceivedMessages()).Add(packetId);
        }
    }

    /// <summary>It is decided what becomes of a QoS 2 message; a later connection of the client that waits for it is told.</summary>
    public void Decide(ushort packetId, MqttReasonCode code)
    {
        Action<MqttReasonCode>? others;
        lock (_gate)
        {
            others = _received?.Decide(packetId, isAccepted: !code.IsFailure());
        }

        others?.Invoke(code);
    }

    /// <inheritdoc cref="ReceivedMessages.TryWait"/>
    public bool TryWaitForDecision(ushort packetId, Action<MqttReasonCode> decided)
    {
        lock (_gate)
        {
            return _received?.TryWait(packetId, decided) == true;
        }
    }

    /// <inheritdoc cref="ReceivedMessages.Release"/>
    public bool Release(ushort packetId)
    {
        lock (_gate)
        {
            return _received?.Release(packetId) == true;
        }
    }

    private bool SendQos0Locked(MqttConnection connection, StoredMessage message, bool retain, uint[] identifiers, FlushSet flush)
    {
        var head = new PublishHead(MqttQos.AtMostOnce, retain, Duplicate: false, PacketId: 0);
        if (message.PacketLength(head, identifiers, connection.Output.Version) > connection.MaximumPublishSize
            || !connection.Output.TryWritePublish(message, head, identifiers, clock.Now))
        {
            return false;
        }

        flush.Add(connection);
        return true;
    }
}
