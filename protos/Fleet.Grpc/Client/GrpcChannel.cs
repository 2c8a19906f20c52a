using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to a server over HTTP/2: calls share its connections. Make one, keep it, dispose it at the end.</summary>
public sealed partial class GrpcChannel : ChannelBase, IDisposable
{
    internal const string UserAgent = $"grpc-dotnet-fleet/{VersionInfo.CurrentVersion}";

    private readonly HttpMessageInvoker _http;
    private readonly bool _ownsHttp;
    private readonly ConnectionManager? _connections;
    private readonly bool _isSecure;
    private readonly bool _sendsCredentialsInPlainText;
    private readonly CallList _calls = new();
    private readonly CancellationTokenSource _shutdown = new();
    private int _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.IsAbsoluteUri ? address.Authority : address.ToString())
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException("HttpClient and HttpHandler are both set; a channel sends through one of them.", nameof(options));
        }

        var security = ChannelSecurity.Of(options.Credentials);
        _isSecure = SecurityOf(address, security);
        CallCredentials = security.CallCredentials;
        _sendsCredentialsInPlainText = options.UnsafeUseInsecureChannelCallCredentials;
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<GrpcChannel>();
        MaxSend = options.MaxSendMessageSize;
        MaxReceive = options.MaxReceiveMessageSize;
        MaxRetryBufferPerCall = options.MaxRetryBufferPerCallSize ?? long.MaxValue;
        RetryBudget = new RetryBudget(options.MaxRetryBufferSize);
        InitialReconnectBackoff = options.InitialReconnectBackoff;
        MaxReconnectBackoff = options.MaxReconnectBackoff;
        ThrowsOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        Clock = options.ServiceProvider?.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;
        Encodings = options.CompressionProviders is null ? Encodings.Default : new Encodings(options.CompressionProviders);
        Throttle = RetryThrottle.Of(options.ServiceConfig?.RetryThrottling);
        Methods = new MethodTable(BaseAddress(address, _isSecure), options.ServiceConfig, options.MaxRetryAttempts);
        if (options.HttpHandler is not null && security.Tls is not null)
        {
            throw new ArgumentException("Roots or a certificate are set and so is HttpHandler: put them into SslOptions of the handler.", nameof(options));
        }

        var handler = options.HttpClient is null ? options.HttpHandler ?? Handler(security) : null;
        _http = options.HttpClient ?? new HttpMessageInvoker(handler!, options.HttpHandler is null || options.DisposeHttpClient);
        _ownsHttp = options.HttpClient is null || options.DisposeHttpClient;
        KeepsNoTokens = handler is SocketsHttpHandler;
        _connections = Connect(address, handler, options);
    }

    internal MethodTable Methods { get; }

    internal Encodings Encodings { get; }

    internal RetryThrottle? Throttle { get; }

    internal TimeProvider Clock { get; }

    internal IReadOnlyList<CallCredentials> CallCredentials { get; }

    internal int? MaxSend { get; }

    internal int? MaxReceive { get; }

    internal long MaxRetryBufferPerCall { get; }

    internal RetryBudget RetryBudget { get; }

    internal TimeSpan InitialReconnectBackoff { get; }

    internal TimeSpan? MaxReconnectBackoff { get; }

    internal bool ThrowsOperationCanceled { get; }

    internal Version HttpVersion { get; }

    internal HttpVersionPolicy HttpVersionPolicy { get; }

    /// <summary>Requests go straight to a <see cref="SocketsHttpHandler"/>, which keeps no token beyond a request and reads responses as they come.</summary>
    internal bool KeepsNoTokens { get; }

    internal ILogger Logger { get; }

    internal bool MaySendCallCredentials => _isSecure || _sendsCredentialsInPlainText;

    /// <summary>A channel to <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel with options.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address), channelOptions);
    }

    /// <summary>A channel to <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel with options.</summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker()
    {
        ThrowIfDisposed();
        return new HttpCallInvoker(this);
    }

    /// <summary>Cancels the calls that are under way and closes the connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var call in _calls.Snapshot())
        {
            call.Dispose();
        }

        _connections?.Dispose();
        if (_ownsHttp)
        {
            _http.Dispose();
        }

        _shutdown.Cancel();
    }

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    internal static bool IsConnectFailure(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }
        || failure.InnerException is SocketException;

    // A client would read the whole response before it hands it over: streams would stand still.
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _http is HttpClient client
        ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
        : _http.SendAsync(request, cancellationToken);

    internal void Track(TrackedCall call) => _calls.Add(call);

    internal void Untrack(TrackedCall call) => _calls.Remove(call);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    private static bool SecurityOf(Uri address, ChannelSecurity security) => (address.Scheme, security.IsSecure) switch
    {
        ("https", false) => throw new InvalidOperationException($"Channel is configured with insecure channel credentials and can't use a HttpClient with a 'https' scheme: {address}"),
        ("http", true) => throw new InvalidOperationException($"Channel is configured with secure channel credentials and can't use a HttpClient with a 'http' scheme: {address}"),
        ("https", _) => true,
        ("http", _) => false,
        (_, { } secure) => secure,
        _ => throw new ArgumentException($"The address '{address}' tells neither http nor https, and no credentials are set.", nameof(address)),
    };

    private static bool IsWeb(Uri address) => address.Scheme is "http" or "https";

    private static Uri BaseAddress(Uri address, bool secure) => IsWeb(address)
        ? new Uri(address.GetLeftPart(UriPartial.Authority))
        : new Uri($"{(secure ? "https" : "http")}://{(address.AbsolutePath.Trim('/') is { Length: > 0 } name ? name : "localhost")}");

    private ConnectionManager? Connect(Uri address, HttpMessageHandler? handler, GrpcChannelOptions options)
    {
        var connections = handler is null || HttpVersion.Major > 2 ? null : Internal.Connections.Of(handler, address, Clock);
        if (connections is null)
        {
            return IsWeb(address) && options.ServiceConfig is not { LoadBalancingConfigs.Count: > 0 }
                ? null
                : throw new InvalidOperationException(NotObserved);
        }

        var resolver = ResolverOf(address, options).Create(new ResolverOptions(address, _isSecure ? 443 : 80, options));
        return new ConnectionManager(resolver, connections, options, options.LoggerFactory ?? NullLoggerFactory.Instance, Clock);
    }

    // A web address is its own resolution.
    private static ResolverFactory ResolverOf(Uri address, GrpcChannelOptions options) => IsWeb(address)
        ? new StaticResolverFactory(static a => [new BalancerAddress(a.IdnHost, a.Port)])
        : options.FindAll<ResolverFactory>().Append(new DnsResolverFactory(Timeout.InfiniteTimeSpan))
            .FirstOrDefault(f => string.Equals(f.Name, address.Scheme, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'.");

    private static SocketsHttpHandler Handler(ChannelSecurity security)
    {
        // A call is not led elsewhere by an answer: its metadata may hold secrets that are meant for this server.
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, AllowAutoRedirect = false };
        if (security.Tls is not null)
        {
            handler.SslOptions = security.Tls;
        }

        return handler;
    }
}
