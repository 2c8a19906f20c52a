using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>The other end of one of Kestrel's connections.</summary>
internal sealed class KestrelPeer(ConnectionContext connection, MqttListener? listener) : MqttPeer
{
    public override EndPoint? Remote => connection.RemoteEndPoint;

    public override EndPoint? Local => connection.LocalEndPoint;

    public override X509Certificate2? Certificate => connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    public override MqttListener? Listener => listener;

    public override void Abort() => connection.Abort();
}
