using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt;

/// <summary>
/// Acknowledgements leave in the order in which their publishes came [MQTT-4.6.0-2] [MQTT-4.6.0-3], whatever order they are decided in. Not
/// thread-safe: the owner's lock guards it.
/// </summary>
internal sealed class OrderedAcknowledgements
{
    private readonly Queue<Entry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>Notes a received publish; the entry is decided later.</summary>
    public Entry Add(MqttPacketType answer, ushort packetId)
    {
        var entry = new Entry { Answer = answer, PacketId = packetId };
        _entries.Enqueue(entry);
        return entry;
    }

    /// <summary>Takes the oldest entry if it is decided.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Entry? entry)
    {
        if (_entries.TryPeek(out entry) && entry.Decided)
        {
            _entries.Dequeue();
            return true;
        }

        return false;
    }

    public Entry? FindUndecided(ushort packetId)
    {
        foreach (var entry in _entries)
        {
            if (entry.PacketId == packetId && !entry.Decided)
            {
                return entry;
            }
        }

        return null;
    }

    public void Clear() => _entries.Clear();

    internal sealed class Entry
    {
        /// <summary>PUBACK or PUBREC.</summary>
        public required MqttPacketType Answer { get; init; }

        public required ushort PacketId { get; init; }

        public MqttReasonCode ReasonCode { get; private set; }

        public bool Decided { get; private set; }

        public void Decide(MqttReasonCode code)
        {
            ReasonCode = code;
            Decided = true;
        }
    }
}
