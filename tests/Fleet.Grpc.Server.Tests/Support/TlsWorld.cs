using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>A scripted service behind TLS, on a port of its own, with a certificate of its own for <c>localhost</c>.</summary>
internal sealed class TlsWorld : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;
    private WebApplication? _app;
    private int _connections;

    private TlsWorld(X509Certificate2 certificate) => _certificate = certificate;

    public ScriptedService Service { get; } = new();

    /// <summary>The certificate as PEM.</summary>
    public string Trust => _certificate.ExportCertificatePem();

    public int Port { get; private set; }

    public string Address => $"https://localhost:{Port}";

    /// <summary>TCP connections taken.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <param name="like">A server whose certificate this one has too; null = a new one.</param>
    public static async Task<TlsWorld> StartAsync(TlsWorld? like = null)
    {
        using var made = SelfSigned("localhost");
        var world = new TlsWorld(X509CertificateLoader.LoadPkcs12((like?._certificate ?? made).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable));
        await world.RunAsync();
        return world;
    }

    public static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        _certificate.Dispose();
    }

    private async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1AndHttp2;
            endpoint.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
            endpoint.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = static (_, _, _) => true,
            });
        }));
        builder.Services.AddSingleton(Service);
        builder.Services.AddGrpc();
        _app = builder.Build();
        _app.MapGrpcService<ScriptedService>();
        await _app.StartAsync(CancellationToken.None);
        Port = new Uri(_app.Urls.First()).Port;
    }
}
