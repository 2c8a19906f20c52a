using System.Net;
using System.Net.Sockets;
using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Microsoft.AspNetCore.Builder;

namespace Fleet.Grpc.Server.Tests.Peers;

/// <summary>The official interoperability programs of ruby-grpc, in both directions.</summary>
[CancelAfter(120_000)]
public sealed class RubyTests
{
    private static readonly string[] ClientCases =
    [
        "empty_unary", "large_unary", "client_compressed_unary", "client_streaming", "client_compressed_streaming", "server_streaming",
        "ping_pong", "empty_stream", "custom_metadata", "status_code_and_message", "unimplemented_method", "unimplemented_service",
        "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
    ];

    private WebApplication? _server;
    private int _port;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _server = InteropHost.Build(0, null);
        await _server.StartAsync(CancellationToken.None);
        _port = new Uri(_server.Urls.First()).Port;
    }

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_server is not null)
        {
            await _server.StopAsync(CancellationToken.None);
            await _server.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(ClientCases))]
    public async Task Official_client_passes_against_our_server(string name, CancellationToken cancellationToken)
    {
        var folder = Peer.RequireRuby();
        var output = await Peer.RunAsync(
            "ruby",
            [Path.Combine(folder, "client.rb"), "--server_host", "localhost", "--server_port", $"{_port}", "--test_case", name],
            cancellationToken);
        Assert.That(output, Does.Contain($"OK: {name}"));
    }

    [Test]
    public async Task Our_client_passes_against_the_official_server(CancellationToken cancellationToken)
    {
        var folder = Peer.RequireRuby();
        var port = FreePort();
        await using var server = Peer.Start("ruby", Path.Combine(folder, "server.rb"), "--port", $"{port}");
        await Eventually.TrueAsync(() => AcceptsAsync(port), "the server of ruby-grpc listens");
        // It takes an uncompressed request where the two cases ask it to refuse one.
        await InteropPeers.RunAllAsync(port, ["client_compressed_unary", "client_compressed_streaming"], server, cancellationToken);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static async Task<bool> AcceptsAsync(int port)
    {
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
