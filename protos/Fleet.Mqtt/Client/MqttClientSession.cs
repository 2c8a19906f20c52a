using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>
/// The client's half of the session state (MQTT 5.0, 4.1): QoS 1 and 2 messages that are not finished, both ways. Used by one
/// <see cref="MqttClient"/> at a time.
/// </summary>
public sealed class MqttClientSession
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Outgoing> _byOrder = [];
    private readonly Dictionary<ushort, Outgoing> _byId = [];
    private readonly HashSet<ushort> _received = [];
    private readonly HashSet<ushort> _subscribing = [];
    private long _order;
    private ushort _lastId;

    /// <summary>Messages to the server that are not finished.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _byId.Count;
            }
        }
    }

    internal Outgoing Add(MqttMessage message)
    {
        lock (_lock)
        {
            var outgoing = new Outgoing(message, NextIdLocked(), ++_order);
            _byId.Add(outgoing.PacketId, outgoing);
            _byOrder.Add(outgoing.Order, outgoing);
            return outgoing;
        }
    }

    internal Outgoing? Find(ushort packetId)
    {
        lock (_lock)
        {
            return _byId.GetValueOrDefault(packetId);
        }
    }

    internal bool Remove(Outgoing outgoing)
    {
        lock (_lock)
        {
            _byOrder.Remove(outgoing.Order);
            return _byId.Remove(outgoing.PacketId);
        }
    }

    /// <summary>An identifier for SUBSCRIBE or UNSUBSCRIBE; given back with <see cref="Release"/>.</summary>
    internal ushort Reserve()
    {
        lock (_lock)
        {
            var id = NextIdLocked();
            _subscribing.Add(id);
            return id;
        }
    }

    internal void Release(ushort packetId)
    {
        lock (_lock)
        {
            _subscribing.Remove(packetId);
        }
    }

    /// <summary>What is to be sent again, oldest first [MQTT-4.6.0-1].</summary>
    internal Outgoing[] Unfinished()
    {
        lock (_lock)
        {
            return [.. _byOrder.Values];
        }
    }

    /// <summary>The server has no session: nothing that was begun can be finished.</summary>
    internal Outgoing[] Discard()
    {
        lock (_lock)
        {
            Outgoing[] all = [.. _byOrder.Values];
            _byOrder.Clear();
            _byId.Clear();
            _received.Clear();
            _subscribing.Clear();
            return all;
        }
    }

    /// <summary>False: this QoS 2 message is already here [MQTT-4.3.3-10].</summary>
    internal bool Receive(ushort packetId)
    {
        lock (_lock)
        {
            return _received.Add(packetId);
        }
    }

    /// <summary>False: the identifier is not known.</summary>
    internal bool ReleaseReceived(ushort packetId)
    {
        lock (_lock)
        {
            return _received.Remove(packetId);
        }
    }

    private ushort NextIdLocked()
    {
        for (var i = 0; i < ushort.MaxValue; i++)
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
            if (!_byId.ContainsKey(_lastId) && !_subscribing.Contains(_lastId))
            {
                return _lastId;
            }
        }

        throw new InvalidOperationException("All 65,535 packet identifiers are in use.");
    }

    internal sealed class Outgoing(MqttMessage message, ushort packetId, long order)
    {
        private TaskCompletionSource<MqttPublishResult>? _completion;

        public MqttMessage Message => message;

        public ushort PacketId => packetId;

        public long Order => order;

        /// <summary>PUBACK, PUBREC or PUBCOMP.</summary>
        public MqttPacketType Awaits { get; set; } = message.Qos == MqttQos.AtLeastOnce ? MqttPacketType.PubAck : MqttPacketType.PubRec;

        public MqttReasonCode Code { get; set; }

        /// <summary>Sent on the current connection; guarded by its publisher's lock.</summary>
        public bool IsOnWire { get; set; }

        /// <summary>A task for whoever waits on this connection; after a reconnect nobody does.</summary>
        public Task<MqttPublishResult> Wait()
        {
            _completion = new TaskCompletionSource<MqttPublishResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _completion.Task;
        }

        public void Complete(MqttPublishResult result) => _completion?.TrySetResult(result);

        public void Fail(Exception error)
        {
            if (_completion?.TrySetException(error) == true)
            {
                // The caller may have stopped waiting; then nobody else will look at it.
                _ = _completion.Task.Exception;
            }
        }
    }
}
