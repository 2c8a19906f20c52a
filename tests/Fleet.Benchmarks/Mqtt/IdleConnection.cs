using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>A connection of MQTT 3.1.1, plain or with TLS, that connects and then says nothing.</summary>
internal sealed class IdleConnection(Stream stream) : IDisposable
{
    public static async Task<IdleConnection> OpenAsync(int port, string clientId, bool tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject == "CN=localhost" }, cancellationToken);
            stream = secure;
        }

        await stream.WriteAsync(LoadConnection.Connect(clientId), cancellationToken);
        var connAck = new byte[4];
        await stream.ReadExactlyAsync(connAck, cancellationToken);
        return connAck[3] == 0 ? new IdleConnection(stream) : throw new InvalidOperationException("refused");
    }

    public void Dispose() => stream.Dispose();
}

/// <summary>A key and a certificate that signs itself, as files that each broker reads.</summary>
internal sealed class ServerCertificate : IDisposable
{
    public ServerCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllText(Path.Combine(Folder, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("fleet-bench-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
