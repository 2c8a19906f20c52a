using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class TlsTests
{
    private readonly ScriptedService _service = new();
    private WebApplication? _app;
    private string _address = string.Empty;
    private string _trust = string.Empty;

    [OneTimeSetUp]
    public async Task Start()
    {
        using var server = SelfSigned("localhost");
        _trust = server.ExportCertificatePem();
        var loaded = X509CertificateLoader.LoadPkcs12(server.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1AndHttp2;
            endpoint.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = loaded,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = static (_, _, _) => true,
            });
        }));
        builder.Services.AddSingleton(_service);
        builder.Services.AddGrpc();
        _app = builder.Build();
        _app.MapGrpcService<ScriptedService>();
        await _app.StartAsync(CancellationToken.None);
        _address = $"https://localhost:{new Uri(_app.Urls.First()).Port}";
    }

    [OneTimeTearDown]
    public async Task Stop() => await _app!.DisposeAsync();

    [Test]
    public async Task Client_certificate_is_the_peers_identity(CancellationToken cancellationToken)
    {
        AuthContext? seen = null;
        _service.Unary = (_, context) =>
        {
            seen = context.AuthContext;
            return Task.FromResult(Messages.Response());
        };
        using var own = SelfSigned("lane1.example.com");
        using var key = own.GetECDsaPrivateKey()!;
        await CallAsync(new SslCredentials(_trust, new KeyCertificatePair(own.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem())), cancellationToken);
        Assert.That(seen!.IsPeerAuthenticated, Is.True);
        Assert.That(seen.PeerIdentity.Single().Value, Is.EqualTo("lane1.example.com"));
        await CallAsync(new SslCredentials(_trust), cancellationToken);
        Assert.That(seen.IsPeerAuthenticated, Is.False);
    }

    [Test]
    public void Server_that_is_not_trusted_is_unavailable(CancellationToken cancellationToken)
    {
        using var other = SelfSigned("localhost");
        SslCredentials[] refusing = [new(other.ExportCertificatePem()), new(), new(_trust, null, static _ => false)];
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
        _service.Unary = (_, context) =>
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
            _address, new GrpcChannelOptions { Credentials = ChannelCredentials.Create(new SslCredentials(_trust), channelToken) });
        var options = new CallOptions(credentials: callToken, cancellationToken: cancellationToken);
        await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), options);
        Assert.That(string.Join(',', seen), Does.Contain("Bearer channel").And.Contain("Bearer call"));
        Assert.That(service, Is.EqualTo($"{_address}/grpc.testing.TestService UnaryCall"));
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

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task CallAsync(SslCredentials credentials, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(_address, new GrpcChannelOptions { Credentials = credentials });
        await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
    }
}
