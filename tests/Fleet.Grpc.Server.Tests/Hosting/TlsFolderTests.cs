using Fleet.Conformance;
using Fleet.Testing;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class TlsFolderTests
{
    [Test]
    public async Task Empty_folder_is_filled_once_and_clients_trust_it(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("tls");
        await CallAsync(path, cancellationToken);
        var certificate = await File.ReadAllTextAsync(Path.Combine(path, "server.pem"), cancellationToken);
        await CallAsync(path, cancellationToken);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(path, "server.pem"), cancellationToken), Is.EqualTo(certificate));
        Assert.That(Directory.GetFiles(path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "ca.pem", "server.pem", "server.key" }));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(Path.Combine(path, "server.key")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public async Task Server_of_another_folder_is_not_trusted(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await using var server = InteropHost.Build(0, folder.File("one"));
        await server.StartAsync(cancellationToken);
        using var channel = InteropHost.Channel("localhost", new Uri(server.Urls.First()).Port, folder.File("other"));
        Assert.That(
            async () => await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), cancellationToken: cancellationToken),
            Throws.InstanceOf<global::Grpc.Core.RpcException>());
    }

    private static async Task CallAsync(string path, CancellationToken cancellationToken)
    {
        await using var server = InteropHost.Build(0, path);
        await server.StartAsync(cancellationToken);
        using var channel = InteropHost.Channel("localhost", new Uri(server.Urls.First()).Port, path);
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), cancellationToken: cancellationToken);
    }
}
