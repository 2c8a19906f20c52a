using System.Diagnostics.CodeAnalysis;

namespace Fleet.Mqtt.Broker;

/// <summary>Which reason codes and answers are used where the specification and the published packet sequences differ.</summary>
public enum MqttDialect
{
    /// <summary>MQTT 5.0 and 3.1.1 as they are written.</summary>
    Specification,

    /// <summary>As the packet sequences of the Eclipse Mosquitto project expect it; for running them.</summary>
    ReferenceSequences,
}

/// <summary>What happens to a message when its subscriber's queue is full.</summary>
public enum MqttOverflow
{
    /// <summary>The publisher's connection is not read until there is room, for at most <see cref="MqttBrokerOptions.HoldPatience"/>; then the new message is dropped and the publisher told 0x97.</summary>
    HoldPublisher,

    /// <summary>The oldest queued message goes.</summary>
    DropOldest,

    /// <summary>The new message is dropped and the publisher told 0x97.</summary>
    DropNewest,
}

/// <summary>Limits and behaviour of a broker. Sizes in bytes.</summary>
public sealed class MqttBrokerOptions
{
    public MqttDialect Dialect { get; set; } = MqttDialect.Specification;

    /// <summary>Largest packet of a connected client, told in CONNACK.</summary>
    public int MaximumPacketSize { get; set; } = 256 * 1024;

    /// <summary>Largest CONNECT.</summary>
    public int MaximumConnectSize { get; set; } = 16 * 1024;

    /// <summary>From accept to a complete CONNECT, TLS handshake and enhanced authentication included.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>QoS 1 and 2 messages of one client that may wait for acknowledgement; more is answered with 0x93.</summary>
    public ushort ReceiveMaximum { get; set; } = 1024;

    /// <summary>Messages to one client that wait for its acknowledgement, unless the client allows fewer.</summary>
    public ushort MaximumInFlight { get; set; } = 1024;

    /// <summary>Topic aliases that a client may use.</summary>
    public ushort TopicAliasMaximum { get; set; } = 10;

    public MqttQos MaximumQos { get; set; } = MqttQos.ExactlyOnce;

    public bool RetainAvailable { get; set; } = true;

    public bool WildcardSubscriptionsAvailable { get; set; } = true;

    public bool SharedSubscriptionsAvailable { get; set; } = true;

    public bool SubscriptionIdentifiersAvailable { get; set; } = true;

    /// <summary>Longest life of a session without connection; longer wishes are cut and told in CONNACK.</summary>
    public TimeSpan MaximumSessionExpiry { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Longest keep alive in seconds, told in CONNACK; 0: the client's wish, whatever it is.</summary>
    public ushort MaximumKeepAlive { get; set; }

    /// <summary>Connections at once; further ones are closed without an answer.</summary>
    public int MaximumConnections { get; set; } = 100_000;

    /// <summary>Connections at once from one address, before and after CONNECT; 0: no limit.</summary>
    public int MaximumConnectionsPerAddress { get; set; }

    /// <summary>TLS handshakes at work at once; further ones wait for their turn within <see cref="ConnectTimeout"/>. A client that has sent nothing takes no place.</summary>
    public int MaximumTlsHandshakes { get; set; } = 256;

    /// <summary>CONNECTs a second, with a burst of the same number; 0: no limit. Further ones are answered with 0x9F.</summary>
    public int ConnectRate { get; set; }

    public int MaximumSubscriptionsPerSession { get; set; } = 1000;

    /// <summary>UTF-8 bytes of a topic name or filter.</summary>
    public int MaximumTopicLength { get; set; } = 65_535;

    public int MaximumTopicLevels { get; set; } = 128;

    /// <summary>User properties in one packet.</summary>
    public int MaximumUserProperties { get; set; } = 256;

    /// <summary>Messages that wait for one session, besides those in flight.</summary>
    public int MaximumQueuedMessages { get; set; } = 1000;

    /// <summary>Bytes of payload that wait for one session.</summary>
    public int MaximumQueuedBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Rule for QoS 1 and 2 messages to a client that is connected and slow. QoS 0 messages to it are dropped.</summary>
    public MqttOverflow Overflow { get; set; } = MqttOverflow.HoldPublisher;

    /// <summary>Rule for a session without connection: holding would not help.</summary>
    public MqttOverflow OfflineOverflow { get; set; } = MqttOverflow.DropOldest;

    public TimeSpan HoldPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After a last word of its own (a refusal, a DISCONNECT) the broker lets in and drops what the client still sends until that pauses for this long, one second in all: closing over unread
    /// bytes resets the connection and can take the word away.
    /// </summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(50);

    public int MaximumRetainedMessages { get; set; } = 100_000;

    public long MaximumRetainedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Sent with DISCONNECT 0x9D at a graceful stop; null: 0x8B without reference.</summary>
    public string? ServerReference { get; set; }

    /// <summary>Every fault with the name of its option; empty when all is well.</summary>
    [SuppressMessage("Design", "CA1024:Use properties where appropriate", Justification = "It computes.")]
    public IReadOnlyList<string> GetFaults()
    {
        List<string> faults = [];
        AtLeast(faults, nameof(MaximumPacketSize), MaximumPacketSize, 64);
        AtLeast(faults, nameof(MaximumConnectSize), MaximumConnectSize, 64);
        AtLeast(faults, nameof(ReceiveMaximum), ReceiveMaximum, 1);
        AtLeast(faults, nameof(MaximumInFlight), MaximumInFlight, 1);
        AtLeast(faults, nameof(MaximumConnections), MaximumConnections, 1);
        AtLeast(faults, nameof(MaximumTlsHandshakes), MaximumTlsHandshakes, 1);
        AtLeast(faults, nameof(MaximumTopicLength), MaximumTopicLength, 1);
        AtLeast(faults, nameof(MaximumTopicLevels), MaximumTopicLevels, 1);
        AtLeast(faults, nameof(MaximumQueuedMessages), MaximumQueuedMessages, 1);
        AtLeast(faults, nameof(MaximumQueuedBytes), MaximumQueuedBytes, 1);
        if (ConnectTimeout <= TimeSpan.Zero)
        {
            faults.Add($"{nameof(ConnectTimeout)} must be longer than zero.");
        }

        if (Linger < TimeSpan.Zero)
        {
            faults.Add($"{nameof(Linger)} must not be negative.");
        }

        if (OfflineOverflow == MqttOverflow.HoldPublisher)
        {
            faults.Add($"{nameof(OfflineOverflow)} must not be {MqttOverflow.HoldPublisher}: nobody knows when the client comes back.");
        }

        return faults;
    }

    private static void AtLeast(List<string> faults, string name, int value, int minimum)
    {
        if (value < minimum)
        {
            faults.Add($"{name} is {value}, must be at least {minimum}.");
        }
    }
}
