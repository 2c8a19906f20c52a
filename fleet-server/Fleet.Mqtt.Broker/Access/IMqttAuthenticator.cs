using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Mqtt.Broker.Access;

/// <summary>Decides who may connect. Called once for each CONNECT, before anything is kept for it.</summary>
public interface IMqttAuthenticator
{
    ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken);
}

/// <summary>A CONNECT as the authenticator sees it.</summary>
public sealed record MqttConnectRequest
{
    /// <summary>Empty: the broker is going to assign one.</summary>
    public required string ClientId { get; init; }

    public required MqttVersion Version { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Certificate of the TLS client, already validated by the TLS layer's rules; null without TLS or certificate.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    public EndPoint? RemoteEndPoint { get; init; }

    public EndPoint? LocalEndPoint { get; init; }

    public bool CleanStart { get; init; }

    public string? WillTopic { get; init; }

    public IReadOnlyList<MqttUserProperty> UserProperties { get; init; } = [];
}

/// <summary>The authenticator's answer.</summary>
public sealed record MqttAuthentication
{
    /// <summary>Null when refused.</summary>
    public MqttIdentity? Identity { get; private init; }

    public MqttReasonCode ReasonCode { get; private init; }

    /// <summary>Told to the client; holds no secret.</summary>
    public string? ReasonString { get; private init; }

    public string? ServerReference { get; private init; }

    public static MqttAuthentication Accept(MqttIdentity identity) => new() { Identity = identity };

    /// <param name="reasonCode">A failure that CONNACK knows.</param>
    /// <param name="reasonString">Told to the client.</param>
    /// <param name="serverReference">With <see cref="MqttReasonCode.UseAnotherServer"/> and <see cref="MqttReasonCode.ServerMoved"/>.</param>
    public static MqttAuthentication Refuse(MqttReasonCode reasonCode, string? reasonString = null, string? serverReference = null) =>
        new() { ReasonCode = reasonCode, ReasonString = reasonString, ServerReference = serverReference };
}
