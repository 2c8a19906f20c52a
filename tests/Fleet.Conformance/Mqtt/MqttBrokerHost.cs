using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Fleet.Mqtt.Broker;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Conformance.Mqtt;

/// <summary>
/// The bare broker: everybody may do everything. Prints <c>listening PORT</c> when it is ready. With <c>--tls DIR</c> the files <c>server.crt</c>, <c>server.key</c> and,
/// for client certificates, <c>ca.crt</c> are read from DIR.
/// </summary>
internal static class MqttBrokerHost
{
    public static async Task<int> RunAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        var profile = arguments.Option("profile") ?? "open";
        var options = Profile(profile);
        var address = IPAddress.Parse(arguments.Option("address") ?? "127.0.0.1");
        var port = arguments.Number("port", 1883);
        var tls = arguments.Option("tls") is { } folder ? ReadTls(folder) : null;
        var tlsPort = arguments.Number("tls-port", 0);

        // The empty builder knows no HTTP stack besides the server: less to start, less to answer.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSingleton<IMqttAuthenticator>(new MqttOpenAccess());
        builder.Services.AddSingleton<IMqttAuthorizer>(profile == "paho" ? new NoSubscribe() : new MqttOpenAccess());
        builder.Services.AddMqttBroker(options);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, address, port, tls, tlsPort));
        var inline = arguments.Option("scheduling") == "inline";
        if (inline)
        {
            // Read once, by the first socket of the process.
            Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        }

        builder.Services.Configure<SocketTransportOptions>(s =>
        {
            s.Backlog = 4096;

            // Only where nothing ever waits on a thread: packets are handled where they arrive.
            s.UnsafePreferInlineScheduling = inline;
        });
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        await using var app = builder.Build();
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"listening {string.Join(' ', app.Urls.Select(static u => new Uri(u).Port))}");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    public static MqttBrokerOptions Profile(string name) => name switch
    {
        "conformance" => new MqttBrokerOptions { Dialect = MqttDialect.ReferenceSequences, ReceiveMaximum = 20, TopicAliasMaximum = 10, MaximumPacketSize = 268_435_455 },
        "open" => new MqttBrokerOptions
        {
            MaximumPacketSize = 16 * 1024 * 1024,
            MaximumConnectSize = 1024 * 1024,
            MaximumUserProperties = 16_384,
            TopicAliasMaximum = 100,
            MaximumQueuedMessages = 100_000,
            MaximumQueuedBytes = 256 * 1024 * 1024,
            MaximumInFlight = ushort.MaxValue,
        },

        // The limits that the interoperability suite of the Paho project expects to find configured.
        "paho" => new MqttBrokerOptions { ReceiveMaximum = 20, MaximumKeepAlive = 60, TopicAliasMaximum = 10, MaximumPacketSize = 256 * 1024 },
        _ => throw new ArgumentException($"--profile {name} is neither conformance nor open nor paho."),
    };

    private static void Listen(KestrelServerOptions kestrel, IPAddress address, int port, SslServerAuthenticationOptions? tls, int tlsPort)
    {
        if (tls is null || tlsPort != 0)
        {
            kestrel.Listen(address, port, static listen => listen.UseMqttBroker());
        }

        if (tls is not null)
        {
            kestrel.Listen(address, tlsPort != 0 ? tlsPort : port, listen => listen.UseMqttBroker(() => tls, TimeSpan.FromSeconds(10)));
        }
    }

    public static SslServerAuthenticationOptions ReadTls(string folder)
    {
        using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "server.crt"), Path.Combine(folder, "server.key"));
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
        var authority = Path.Combine(folder, "ca.crt");
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (!File.Exists(authority))
        {
            return options;
        }

        var root = X509CertificateLoader.LoadCertificateFromFile(authority);
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, client, _, _) => client is X509Certificate2 shown && IsIssuedBy(root, shown);
        return options;
    }

    private static bool IsIssuedBy(X509Certificate2 root, X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(shown);
    }
}
