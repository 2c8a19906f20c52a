using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace Fleet.Grpc.Server.Tests.Peers;

/// <summary>buf curl: knows no file of ours, asks reflection for everything.</summary>
[CancelAfter(120_000)]
public sealed class BufTests
{
    private WebApplication? _server;
    private string _url = string.Empty;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _server = InteropHost.Build(0, null);
        await _server.StartAsync(CancellationToken.None);
        _url = _server.Urls.First();
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

    [Test]
    public async Task Unary_call_through_reflection(
        [Values("grpc", "grpcweb", "connect")] string protocol,
        [Values("grpc-v1", "grpc-v1alpha")] string reflection,
        CancellationToken cancellationToken)
    {
        var output = await CurlAsync(
            "grpc.testing.TestService/UnaryCall", "{\"responseSize\": 9}", cancellationToken, "--protocol", protocol, "--reflect-protocol", reflection);
        Assert.That(output, Does.Contain("AAAAAAAAAAAA"));
    }

    [Test]
    public async Task Server_stream_through_reflection([Values("grpc", "grpcweb", "connect")] string protocol, CancellationToken cancellationToken)
    {
        var output = await CurlAsync(
            "grpc.testing.TestService/StreamingOutputCall",
            "{\"responseParameters\": [{\"size\": 3}, {\"size\": 6}]}",
            cancellationToken,
            "--protocol",
            protocol);
        Assert.That(output, Does.Contain("\"AAAA\"").And.Contain("\"AAAAAAAA\""));
    }

    [Test]
    public async Task Duplex_stream_through_reflection(CancellationToken cancellationToken)
    {
        const string Requests = "{\"responseParameters\": [{\"size\": 3}]} {\"responseParameters\": [{\"size\": 6}]}";
        var output = await CurlAsync("grpc.testing.TestService/FullDuplexCall", Requests, cancellationToken, "--protocol", "grpc");
        Assert.That(output, Does.Contain("\"AAAA\"").And.Contain("\"AAAAAAAA\""));
    }

    [Test]
    public async Task Methods_are_listed(CancellationToken cancellationToken)
    {
        Peer.RequireNode();
        var output = await Peer.RunAsync(Buf, ["curl", "--http2-prior-knowledge", "--list-methods", _url], cancellationToken);
        Assert.That(output, Does.Contain("grpc.testing.TestService/UnaryCall").And.Contain("grpc.health.v1.Health/Check"));
    }

    private static string Buf => Path.Combine(Peer.Folder, "node", "node_modules", ".bin", "buf");

    private async Task<string> CurlAsync(string method, string json, CancellationToken cancellationToken, params string[] options)
    {
        Peer.RequireNode();
        return await Peer.RunAsync(Buf, ["curl", "--http2-prior-knowledge", .. options, "-d", json, $"{_url}/{method}"], cancellationToken);
    }
}
