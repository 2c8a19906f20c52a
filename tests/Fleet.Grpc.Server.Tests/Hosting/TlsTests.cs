using System.Security.Cryptography.X509Certificates;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class TlsTests
{
    private TlsWorld _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await TlsWorld.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _world.DisposeAsync();

    [Test]
    public async Task Client_certificate_is_the_peers_identity(CancellationToken cancellationToken)
    {
        AuthContext? seen = null;
        _world.Service.Unary = (_, context) =>
        {
            seen = context.AuthContext;
            return Task.FromResult(Messages.Response());
        };
        using var own = TlsWorld.SelfSigned("lane1.example.com");
        using var key = own.GetECDsaPrivateKey()!;
        await CallAsync(new SslCredentials(_world.Trust, new KeyCertificatePair(own.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem())), cancellationToken);
        Assert.That(seen!.IsPeerAuthenticated, Is.True);
        Assert.That(seen.PeerIdentity.Single().Value, Is.EqualTo("lane1.example.com"));
        await CallAsync(new SslCredentials(_world.Trust), cancellationToken);
        Assert.That(seen.IsPeerAuthenticated, Is.False);
    }

    [Test]
    public void Server_that_is_not_trusted_is_unavailable(CancellationToken cancellationToken)
    {
        using var other = TlsWorld.SelfSigned("localhost");
        SslCredentials[] refusing = [new(other.ExportCertificatePem()), new(), new(_world.Trust, null, static _ => false)];
        foreach (var credentials in refusing)
        {
            var failure = Assert.ThrowsAsync<RpcException>(() => CallAsync(credentials, cancellationToken));
            Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        }
    }

    [Test]
    public async Task Call_credentials_of_channel_and_call_are_sent(CancellationToken cancellationToken)
    {
        var seen = new List<string>();
        _world.Service.Unary = (_, context) =>
        {
            seen.AddRange(context.RequestHeaders.GetAll("authorization").Select(static e => e.Value));
            return Task.FromResult(Messages.Response());
        };
        string? service = null;
        var channelToken = CallCredentials.FromInterceptor((context, headers) =>
        {
            service = $"{context.ServiceUrl} {context.MethodName}";
            headers.Add("authorization", "Bearer channel");
            return Task.CompletedTask;
        });
        var callToken = CallCredentials.FromInterceptor(static async (_, headers) =>
        {
            await Task.Yield();
            headers.Add("authorization", "Bearer call");
        });
        using var channel = GrpcChannel.ForAddress(
            _world.Address, new GrpcChannelOptions { Credentials = ChannelCredentials.Create(new SslCredentials(_world.Trust), channelToken) });
        var options = new CallOptions(credentials: callToken, cancellationToken: cancellationToken);
        await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), options);
        Assert.That(string.Join(',', seen), Does.Contain("Bearer channel").And.Contain("Bearer call"));
        Assert.That(service, Is.EqualTo($"{_world.Address}/grpc.testing.TestService UnaryCall"));
    }

    [Test]
    public async Task Call_credentials_stay_out_of_plain_text(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var sent = false;
        var token = CallCredentials.FromInterceptor((_, _) =>
        {
            sent = true;
            return Task.CompletedTask;
        });
        var options = new CallOptions(credentials: token, cancellationToken: cancellationToken);
        await world.Client.UnaryCallAsync(Messages.Request(), options);
        Assert.That(sent, Is.False);
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true }));
        await client.UnaryCallAsync(Messages.Request(), options);
        Assert.That(sent, Is.True);
    }

    [TestCase("https://localhost:1", false)]
    [TestCase("http://localhost:1", true)]
    public void Credentials_that_contradict_the_address_are_refused(string address, bool secure) => Assert.That(
        () => GrpcChannel.ForAddress(address, new GrpcChannelOptions { Credentials = secure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure }),
        Throws.InvalidOperationException);

    private async Task CallAsync(SslCredentials credentials, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(_world.Address, new GrpcChannelOptions { Credentials = credentials });
        await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
    }
}
