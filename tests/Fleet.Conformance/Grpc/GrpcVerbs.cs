using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Conformance;

/// <summary>The gRPC halves of the official interoperability tests.</summary>
internal static class GrpcVerbs
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        new Verb("grpc-server", "--port N [--tls DIR]", ServeAsync),
        new Verb("grpc-client", "--case NAME --port N [--host NAME] [--tls DIR]", CallAsync),
    ];

    private static async Task<int> ServeAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        await using var app = InteropHost.Build(arguments.Number("port", 0), arguments.Option("tls"));
        await app.StartAsync(cancellationToken);
        foreach (var url in app.Urls)
        {
            Console.WriteLine($"listening on {url}");
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    private static async Task<int> CallAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        var name = arguments.Option("case") ?? throw new ArgumentException("--case is missing.");
        var port = arguments.Number("port", 0);
        using var channel = InteropHost.Channel(arguments.Option("host") ?? "localhost", port, arguments.Option("tls"));
        try
        {
            await new InteropClient(channel).RunAsync(name, cancellationToken);
            Console.WriteLine($"{name}: passed");
            return 0;
        }
        catch (Exception e) when (e is RpcException or InteropFailureException)
        {
            await Console.Error.WriteLineAsync($"{name}: FAILED {e}");
            return 1;
        }
    }
}

/// <summary>The interoperability server on Kestrel and the channel to one.</summary>
public static class InteropHost
{
    /// <summary>A server on loopback; HTTP/2 only in plain text, h2 and http/1.1 with TLS.</summary>
    /// <param name="port">0 = any.</param>
    /// <param name="tlsFolder">Holds the certificates, or takes them if it is empty; null = plain text.</param>
    /// <param name="configure">What differs from the default.</param>
    public static WebApplication Build(int port, string? tlsFolder, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, endpoint =>
        {
            endpoint.Protocols = tlsFolder is null ? HttpProtocols.Http2 : HttpProtocols.Http1AndHttp2;
            if (tlsFolder is not null)
            {
                endpoint.UseHttps(TlsFolder.Open(tlsFolder).ServerCertificate);
            }
        }));
        builder.Services.AddGrpc();
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapGrpcService<InteropTestService>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        return app;
    }

    /// <summary>A channel to an interoperability server.</summary>
    /// <param name="host">Its name.</param>
    /// <param name="port">Its port.</param>
    /// <param name="tlsFolder">Holds the trusted <c>ca.pem</c>; null = plain text.</param>
    public static GrpcChannel Channel(string host, int port, string? tlsFolder) => tlsFolder is null
        ? GrpcChannel.ForAddress($"http://{host}:{port}")
        : GrpcChannel.ForAddress(
            $"https://{host}:{port}",
            new GrpcChannelOptions { Credentials = new SslCredentials(TlsFolder.Open(tlsFolder).TrustedRoots) });
}
