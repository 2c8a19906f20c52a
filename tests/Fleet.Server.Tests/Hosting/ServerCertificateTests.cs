using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Fleet.Testing;

namespace Fleet.Server.Tests.Hosting;

[TestFixture]
internal sealed class ServerCertificateTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task Doors_show_a_renewed_certificate_while_old_connections_go_on(CancellationToken cancellationToken)
    {
        await using var world = await ServerWorld.StartAsync(("Tls:CertificateLifetime", "00:00:10"));
        await world.CreateAsync("lane1");
        var first = await SerialAsync(world, cancellationToken);

        await Eventually.TrueAsync(async () => await SerialAsync(world, cancellationToken) != first, "the door shows another certificate");

        // On the connection of before.
        Assert.That((await world.Terminals.GetTerminalAsync(new V1.GetTerminalRequest { Name = "terminals/lane1" }, cancellationToken: cancellationToken)).Name, Is.EqualTo("terminals/lane1"));
    }

    [TestCase("operators", "h2")]
    [TestCase("enrollment", "http/1.1")]
    public async Task Door_agrees_on_its_protocol(string door, string protocol)
    {
        await using var world = await ServerWorld.StartAsync();
        await using var tls = await ConnectAsync(door == "operators" ? world.Server.Endpoints.Operators : world.Server.Endpoints.Enrollment, CancellationToken.None);

        Assert.That(tls.NegotiatedApplicationProtocol.ToString(), Is.EqualTo(protocol));
    }

    private static async Task<string> SerialAsync(ServerWorld world, CancellationToken cancellationToken)
    {
        await using var tls = await ConnectAsync(world.Server.Endpoints.Enrollment, cancellationToken);
        using var shown = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        return shown.SerialNumber;
    }

    private static async Task<SslStream> ConnectAsync(Uri door, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", door.Port, cancellationToken);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            },
            cancellationToken);
        return tls;
    }
}
