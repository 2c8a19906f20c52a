using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Fleet.Server.Trust;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fleet.Server.Hosting;

/// <summary>Opens the doors on Kestrel and knows afterwards where they are.</summary>
public sealed class Doors(ServerSettings settings, FleetTrust trust, TimeProvider time) : IAgentsDoor
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, ListenOptions> _listeners = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Uri Agents => Reach("agents", "mqtts");

    /// <inheritdoc/>
    public Uri Enrollment => Reach("enrollment", Uri.UriSchemeHttps);

    /// <summary>
    /// Configures the listeners; <paramref name="serveAgents"/> puts the gateway behind the agents' door, TLS included: what a caller may cost before
    /// its handshake is the gateway's to limit.
    /// </summary>
    public void Configure(KestrelServerOptions kestrel, Action<ListenOptions, Func<SslServerAuthenticationOptions>, TimeSpan> serveAgents)
    {
        Limit(kestrel);
        Listen(kestrel, "operators", settings.Operators, listener =>
        {
            DoorFeature.Mark(listener, Door.Operators);
            listener.Protocols = HttpProtocols.Http1AndHttp2;
            listener.UseHttps(Tls(ServerOnly));
        });
        if (settings.PlaintextPort is { } port)
        {
            Listen(kestrel, "plaintext", new DoorSettings(IPAddress.Loopback, port), static listener =>
            {
                DoorFeature.Mark(listener, Door.Operators);
                listener.Protocols = HttpProtocols.Http2;
            });
        }

        Listen(kestrel, "enrollment", settings.Enrollment, listener =>
        {
            DoorFeature.Mark(listener, Door.Enrollment);
            listener.Protocols = HttpProtocols.Http1;
            listener.UseHttps(Tls(ServerOnly));
        });
        Listen(kestrel, "agents", settings.Agents, listener =>
        {
            DoorFeature.Mark(listener, Door.Agents);
            serveAgents(listener, MutualTls, HandshakeTimeout);
        });
    }

    /// <summary>Where the doors are, once the server listens.</summary>
    public Endpoints Opened(DataDirectory data) => new(
        Reach("operators", Uri.UriSchemeHttps),
        _listeners.TryGetValue("plaintext", out var plaintext) ? new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", plaintext.IPEndPoint!.Port).Uri : null,
        Agents,
        Enrollment,
        data.CaCertificate,
        data.OperatorToken,
        Environment.ProcessId);

    // Every number is a bound on what one caller may make the server hold.
    private void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = settings.MaximumAgents + 1_000;
        kestrel.Limits.MaxRequestBodySize = null; // gRPC streams; messages and the enrolment body have their own bounds
        kestrel.Limits.RequestHeadersTimeout = HandshakeTimeout;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 16 * 1024;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    private void Listen(KestrelServerOptions kestrel, string name, DoorSettings door, Action<ListenOptions> configure) =>
        kestrel.Listen(door.Address, door.Port, listener =>
        {
            _listeners[name] = listener;
            configure(listener);
        });

    // Asked for at every connection, so that a renewed certificate is shown from the next one on.
    private static TlsHandshakeCallbackOptions Tls(Func<SslServerAuthenticationOptions> options) =>
        new() { HandshakeTimeout = HandshakeTimeout, OnConnection = _ => ValueTask.FromResult(options()) };

    private SslServerAuthenticationOptions ServerOnly() => new()
    {
        ServerCertificateContext = trust.Server.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };

    private SslServerAuthenticationOptions MutualTls()
    {
        var options = ServerOnly();
        options.ClientCertificateRequired = true;
        options.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;

        // Whether it is still the terminal's current one is asked at CONNECT, where a refusal can say why.
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is X509Certificate2 device && trust.Authority.IsDeviceCertificate(device, time.GetUtcNow());
        return options;
    }

    private Uri Reach(string name, string scheme) => Endpoints.Reach(scheme, _listeners[name].IPEndPoint!, settings.PublicHost);
}
