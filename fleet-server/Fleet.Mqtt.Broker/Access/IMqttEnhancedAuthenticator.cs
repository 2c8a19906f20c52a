namespace Fleet.Mqtt.Broker.Access;

/// <summary>
/// One method of enhanced authentication (MQTT 5.0, 4.12), for example <c>SCRAM-SHA-256</c>. A client that names it in CONNECT is judged by it instead of
/// <see cref="IMqttAuthenticator"/>; a method that nobody registered is answered with 0x8C.
/// </summary>
public interface IMqttEnhancedAuthenticator
{
    /// <summary>Authentication Method, compared byte by byte.</summary>
    string Method { get; }

    /// <summary>Begins the exchange of one CONNECT or of one re-authentication, for which <paramref name="request"/> is that of the connection's CONNECT.</summary>
    IMqttAuthenticationExchange Begin(MqttConnectRequest request);
}

/// <summary>Challenges and responses of one client. Disposed when the exchange is over, however it ended.</summary>
public interface IMqttAuthenticationExchange : IDisposable
{
    /// <summary>Called with the data of CONNECT or AUTH (null: none) until it accepts or refuses. An exception refuses with 0x80.</summary>
    ValueTask<MqttAuthenticationStep> NextAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken);
}

/// <summary>What follows on the client's data: a challenge, or the end.</summary>
public sealed record MqttAuthenticationStep
{
    /// <summary>Null: the client is to answer <see cref="Data"/>.</summary>
    public MqttAuthentication? Outcome { get; private init; }

    /// <summary>Authentication Data for the client; null: none.</summary>
    public ReadOnlyMemory<byte>? Data { get; private init; }

    /// <summary>AUTH 0x18 with <paramref name="data"/>.</summary>
    public static MqttAuthenticationStep Challenge(ReadOnlyMemory<byte>? data) => new() { Data = data };

    /// <summary>The client is who it says; <paramref name="data"/> goes with CONNACK or AUTH 0x00, for methods in which the server proves itself last.</summary>
    public static MqttAuthenticationStep Accept(MqttIdentity identity, ReadOnlyMemory<byte>? data = null) =>
        new() { Outcome = MqttAuthentication.Accept(identity), Data = data };

    /// <inheritdoc cref="MqttAuthentication.Refuse"/>
    public static MqttAuthenticationStep Refuse(MqttReasonCode reasonCode, string? reasonString = null) =>
        new() { Outcome = MqttAuthentication.Refuse(reasonCode, reasonString) };
}
