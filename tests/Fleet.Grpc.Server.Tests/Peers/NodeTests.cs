using System.Net;
using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fleet.Grpc.Server.Tests.Peers;

/// <summary>@grpc/grpc-js in both directions, @connectrpc/connect-node against our server.</summary>
[CancelAfter(120_000)]
public sealed class NodeTests
{
    private static string Protos => Path.Combine(Peer.Folder, "..", "..", "Fleet.Conformance", "Grpc", "Protos");

    [Test]
    public async Task Client_of_grpc_js_passes_against_our_server(CancellationToken cancellationToken)
    {
        var node = Peer.RequireNode();
        await using var server = InteropHost.Build(0, null);
        await server.StartAsync(cancellationToken);
        var output = await Peer.RunAsync(node, [Script("grpcjs.mjs"), "client", $"{new Uri(server.Urls.First()).Port}", Protos], cancellationToken);
        Assert.That(output, Does.Contain("ALL OK"));
    }

    [Test]
    public async Task Our_client_passes_against_the_server_of_grpc_js(CancellationToken cancellationToken)
    {
        var node = Peer.RequireNode();
        var port = RubyTests.FreePort();
        await using var peer = Peer.Start(node, Script("grpcjs.mjs"), "server", $"{port}", Protos);
        await Eventually.TrueAsync(() => peer.Output.Contains("listening", StringComparison.Ordinal), "the server of grpc-js listens");

        // It does not tell how a request was compressed, so it cannot refuse the two cases that ask for it.
        await InteropPeers.RunAllAsync(port, ["client_compressed_unary", "client_compressed_streaming"], peer, cancellationToken);
    }

    [Test]
    public async Task Connect_node_passes_with_every_protocol_and_codec(CancellationToken cancellationToken)
    {
        var node = Peer.RequireNode();
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("messages.bin"), InteropPeers.DescriptorSet(), cancellationToken);
        await using var server = InteropHost.Build(0, null, static builder => builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http1)));
        await server.StartAsync(cancellationToken);
        var urls = server.Urls.ToArray();
        var output = await Peer.RunAsync(node, [Script("connect.mjs"), urls[0], urls[1], folder.File("messages.bin")], cancellationToken);
        Assert.That(output, Does.Contain("ALL OK"));
    }

    private static string Script(string name) => Path.Combine(Peer.Folder, "node", name);
}
