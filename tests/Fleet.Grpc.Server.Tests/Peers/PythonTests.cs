using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;

namespace Fleet.Grpc.Server.Tests.Peers;

/// <summary>Debian's grpcio, in both directions.</summary>
[CancelAfter(120_000)]
public sealed class PythonTests
{
    [Test]
    public async Task Client_that_learns_the_messages_by_reflection_passes_against_our_server(CancellationToken cancellationToken)
    {
        var python = Peer.RequirePython();
        await using var server = InteropHost.Build(0, null);
        await server.StartAsync(cancellationToken);
        var output = await Peer.RunAsync(
            python, [Path.Combine(Peer.Folder, "python_client.py"), $"{new Uri(server.Urls.First()).Port}"], cancellationToken);
        Assert.That(output, Does.Contain("ALL OK"));
    }

    [Test]
    public async Task Our_client_passes_against_its_server(CancellationToken cancellationToken)
    {
        var python = Peer.RequirePython();
        using var folder = new TemporaryFolder();
        var port = RubyTests.FreePort();
        await File.WriteAllBytesAsync(folder.File("messages.bin"), InteropPeers.DescriptorSet(), cancellationToken);
        await using var peer = Peer.Start(python, Path.Combine(Peer.Folder, "python_server.py"), $"{port}", folder.File("messages.bin"));
        await Eventually.TrueAsync(() => peer.Output.Contains("listening", StringComparison.Ordinal), "the server of grpcio listens");

        // It does not tell how a request was compressed, so it cannot refuse the two cases that ask for it.
        await InteropPeers.RunAllAsync(port, ["client_compressed_unary", "client_compressed_streaming"], peer, cancellationToken);
    }
}
