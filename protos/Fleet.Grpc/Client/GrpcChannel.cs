using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Internal;

namespace Grpc.Net.Client;

/// <summary>A way to a server over HTTP/2: calls share its connections. Make one, keep it, dispose it at the end.</summary>
public sealed partial class GrpcChannel : ChannelBase, IDisposable
{
    internal const string UserAgent = $"grpc-dotnet-fleet/{VersionInfo.CurrentVersion}";

    private readonly HttpMessageInvoker _http;
    private readonly bool _ownsHttp;
    private readonly Connections? _connections;
    private readonly Func<CancellationToken, Task<IReadOnlyList<DnsEndPoint>>> _endPoints;
    private readonly bool _isSecure;
    private readonly bool _sendsCredentialsInPlainText;
    private readonly ConcurrentDictionary<ITrackedCall, byte> _calls = new();
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
        if (options.HttpClient is not null)
        {
            _http = IsWeb(address) ? options.HttpClient : throw new ArgumentException("An HttpClient has its own addresses: use HttpHandler.", nameof(options));
            _ownsHttp = options.DisposeHttpClient;
            _endPoints = static _ => Task.FromResult<IReadOnlyList<DnsEndPoint>>([]);
            return;
        }

        if (options.HttpHandler is not null && security.Tls is not null)
        {
            throw new ArgumentException("Roots or a certificate are set and so is HttpHandler: put them into SslOptions of the handler.", nameof(options));
        }

        var handler = options.HttpHandler ?? Handler(security);
        _connections = HttpVersion.Major < 3 ? Connections.Of(handler) : null;
        _http = new HttpMessageInvoker(handler, options.HttpHandler is null || options.DisposeHttpClient);
        _ownsHttp = true;
        _endPoints = _ => Task.FromResult<IReadOnlyList<DnsEndPoint>>([new DnsEndPoint(address.IdnHost, address.Port)]);
        if (!IsWeb(address))
        {
            var resolver = ResolverOf(address.Scheme, options).Create(new ResolverOptions(address, _isSecure ? 443 : 80, options));
            var balanced = new BalancedHandler(_http, resolver, options, Clock);
            _http = new HttpMessageInvoker(balanced, disposeHandler: true);
            _endPoints = balanced.EndPointsAsync;
        }
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

        foreach (var call in _calls.Keys)
        {
            call.Dispose();
        }

        if (_ownsHttp)
        {
            _http.Dispose();
        }

        _connections?.DropSpare();
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

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, cancellationToken);

    internal void Track(ITrackedCall call) => _calls.TryAdd(call, 0);

    internal void Untrack(ITrackedCall call) => _calls.TryRemove(call, out _);

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

    private static ResolverFactory ResolverOf(string scheme, GrpcChannelOptions options)
    {
        var known = options.ServiceProvider?.GetService(typeof(IEnumerable<ResolverFactory>)) as IEnumerable<ResolverFactory> ?? [];
        if (options.ServiceProvider?.GetService(typeof(ResolverFactory)) is ResolverFactory single)
        {
            known = known.Append(single);
        }

        return known.Append(new DnsResolverFactory(Timeout.InfiniteTimeSpan)).FirstOrDefault(f => f.Name == scheme)
            ?? throw new InvalidOperationException($"No address resolver configured for the scheme '{scheme}'.");
    }

    private static SocketsHttpHandler Handler(ChannelSecurity security)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (security.Tls is not null)
        {
            handler.SslOptions = security.Tls;
        }

        return handler;
    }
}

/// <summary>A call that its channel ends with itself.</summary>
internal interface ITrackedCall : IDisposable;
