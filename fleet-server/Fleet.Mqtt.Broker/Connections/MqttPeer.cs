using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>What is known of a client before its first packet.</summary>
/// <param name="Remote">Its address.</param>
/// <param name="Local">Ours.</param>
/// <param name="Certificate">Of the TLS client, if it showed one.</param>
/// <param name="Abort">Tears the transport down at once.</param>
/// <param name="Listener">Limits of the endpoint it came through, if that has its own.</param>
public sealed record MqttPeer(EndPoint? Remote, EndPoint? Local, X509Certificate2? Certificate, Action Abort, MqttListener? Listener = null);
