using System.Net.Security;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>Where and how a client connects. One set serves any number of connections.</summary>
public sealed class MqttClientOptions
{
    public required string Host { get; init; }

    /// <summary>1883 plain, 8883 TLS by convention.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Empty: the server assigns one.</summary>
    public string ClientId { get; init; } = string.Empty;

    /// <summary>5.0 or 3.1.1.</summary>
    public MqttVersion Version { get; init; } = MqttVersion.V5;

    public bool CleanStart { get; init; } = true;

    /// <summary>How long the server keeps the session after the connection; null: not at all. Whole seconds.</summary>
    public TimeSpan? SessionExpiry { get; init; }

    /// <summary>Longest silence towards the server; zero switches keep alive off. Whole seconds, at most 65,535.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the server may take to answer a PINGREQ.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first SYN to CONNACK.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Enhanced authentication (4.12), MQTT 5 only; null: none.</summary>
    public IMqttClientAuthentication? Authentication { get; init; }

    /// <summary>QoS 1 and 2 messages that may wait for acknowledgement by this client; also the room of <see cref="MqttClient.Incoming"/>.</summary>
    public ushort ReceiveMaximum { get; init; } = 256;

    /// <summary>Messages of this client that may wait for acknowledgement, unless the server allows fewer.</summary>
    public ushort MaximumInFlight { get; init; } = 1024;

    /// <summary>Largest packet that is accepted, in bytes.</summary>
    public int MaximumPacketSize { get; init; } = 1024 * 1024;

    /// <summary>Topic aliases that the server may use towards this client.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>Replace repeated topics by aliases as far as the server allows.</summary>
    public bool UseTopicAliases { get; init; }

    public MqttMessage? Will { get; init; }

    /// <summary>Time between the end of the connection and the will. Whole seconds.</summary>
    public TimeSpan WillDelay { get; init; }

    public IReadOnlyList<MqttUserProperty>? UserProperties { get; init; }

    /// <summary>False: the server is not to send Reason Strings and User Properties but with PUBLISH, CONNACK and DISCONNECT (3.1.2.11.7).</summary>
    public bool RequestProblemInformation { get; init; } = true;

    /// <summary>Asks for <see cref="MqttProperties.ResponseInformation"/> in CONNACK, a basis for response topics (3.1.2.11.6).</summary>
    public bool RequestResponseInformation { get; init; }

    /// <summary>TLS with these options, a client certificate among them; null: plain TCP.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Path of a WebSocket endpoint, for example <c>/mqtt</c>; null: MQTT directly on TCP or TLS.</summary>
    public string? WebSocketPath { get; init; }

    /// <summary>Opens the byte stream instead of TCP: the seam for tests and proxies.</summary>
    public Func<CancellationToken, ValueTask<Stream>>? OpenStream { get; init; }

    /// <summary>
    /// What is in flight, carried from one connection to the next so that a resumed session resends it [MQTT-4.4.0-1]; null: forgotten with
    /// the connection. In memory only.
    /// </summary>
    public MqttClientSession? Session { get; init; }
}
