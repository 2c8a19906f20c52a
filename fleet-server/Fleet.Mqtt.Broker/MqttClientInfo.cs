using System.Net;
using Fleet.Mqtt.Broker.Access;

namespace Fleet.Mqtt.Broker;

/// <summary>One connection of one client, as it stood at CONNACK.</summary>
public sealed class MqttClientInfo
{
    public required string ClientId { get; init; }

    public required MqttIdentity Identity { get; init; }

    public required MqttVersion Version { get; init; }

    public string? UserName { get; init; }

    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>Unique within the broker's life; two connections of one client have two.</summary>
    public required long ConnectionId { get; init; }

    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The client found its session again.</summary>
    public bool SessionPresent { get; internal set; }

    /// <summary>Keep alive in force, in seconds; 0: none.</summary>
    public ushort KeepAlive { get; init; }
}
