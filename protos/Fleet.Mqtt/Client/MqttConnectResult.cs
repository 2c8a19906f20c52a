using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>What the server said in CONNACK (3.2).</summary>
public sealed class MqttConnectResult(bool sessionPresent, MqttProperties? properties)
{
    /// <summary>The server still had this client's session.</summary>
    public bool SessionPresent { get; } = sessionPresent;

    /// <summary>Everything else; absent ones have the defaults of 3.2.2.3.</summary>
    public MqttProperties Properties { get; } = properties ?? new MqttProperties();
}

/// <summary>No connection came about.</summary>
public sealed class MqttConnectException(string message, MqttReasonCode? reasonCode, string? serverReference, Exception? inner)
    : Exception(message, inner)
{
    /// <summary>The server's refusal; null when it did not get that far.</summary>
    public MqttReasonCode? ReasonCode { get; } = reasonCode;

    /// <summary>Another server to use, with <see cref="MqttReasonCode.UseAnotherServer"/> or <see cref="MqttReasonCode.ServerMoved"/> (4.11).</summary>
    public string? ServerReference { get; } = serverReference;
}

/// <summary>The connection ended while something waited for the server's answer.</summary>
public sealed class MqttConnectionLostException(MqttDisconnect disconnect)
    : Exception($"Connection ended: {disconnect.Cause}, {disconnect.ReasonCode}.", disconnect.Error)
{
    public MqttDisconnect Disconnect { get; } = disconnect;
}

/// <summary>Who ended a connection.</summary>
public enum MqttDisconnectCause
{
    ByClient,
    ByServer,
    ConnectionLost,
    KeepAliveTimeout,
    ProtocolError,
}

/// <summary>How a connection ended.</summary>
/// <param name="Cause">Who ended it.</param>
/// <param name="ReasonCode">Reason of the DISCONNECT that was sent or received; Success without one.</param>
/// <param name="ReasonString">Text of the server, if any.</param>
/// <param name="ServerReference">Another server to use (4.11), if any.</param>
/// <param name="Error">What the transport said, if anything.</param>
public sealed record MqttDisconnect(
    MqttDisconnectCause Cause, MqttReasonCode ReasonCode, string? ReasonString = null, string? ServerReference = null, Exception? Error = null);

/// <summary>End of one publish: for QoS 1 the reason code of PUBACK, for QoS 2 of PUBREC or PUBCOMP, for QoS 0 Success once it is buffered.</summary>
public readonly record struct MqttPublishResult(MqttReasonCode ReasonCode, string? ReasonString = null)
{
    public bool IsSuccess => !ReasonCode.IsFailure();
}

/// <summary>A message from the server.</summary>
public sealed class MqttIncoming(MqttMessage message, ushort packetId, bool duplicate, IReadOnlyList<uint>? subscriptionIdentifiers)
{
    public MqttMessage Message { get; } = message;

    /// <summary>0 for QoS 0.</summary>
    public ushort PacketId { get; } = packetId;

    /// <summary>The server had sent it before (3.3.1.1).</summary>
    public bool Duplicate { get; } = duplicate;

    public IReadOnlyList<uint> SubscriptionIdentifiers { get; } = subscriptionIdentifiers ?? [];
}
