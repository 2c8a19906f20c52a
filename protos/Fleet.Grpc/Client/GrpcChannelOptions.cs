using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What a channel is made with.</summary>
public sealed class GrpcChannelOptions
{
    internal const int DefaultMaxReceive = 4 * 1024 * 1024;

    /// <summary>Security of connections and credentials of every call; null = by the scheme of the address.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Largest message to send in bytes; null = no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message to receive in bytes, unpacked; null = no limit. 4 MiB unless set.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceive;

    /// <summary>Upper bound for attempts of every retry and hedging policy.</summary>
    public int? MaxRetryAttempts { get; set; } = 5;

    /// <summary>Bytes that all calls together keep for repeating; beyond it calls are not repeated.</summary>
    public long? MaxRetryBufferSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>Bytes that one call keeps for repeating; beyond it the call is not repeated.</summary>
    public long? MaxRetryBufferPerCallSize { get; set; } = 1024 * 1024;

    /// <summary>Known encodings; null = gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Takes log messages.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the requests; not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the requests; null = a <see cref="SocketsHttpHandler"/> of its own.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>The channel disposes the given client or handler.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Cancelled calls end in <see cref="OperationCanceledException"/> rather than <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Sends call credentials in plain text too: for tests only.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Retries, hedging and load balancing.</summary>
    public ServiceConfig? ServiceConfig { get; set; }

    /// <summary>Ignores what a resolver says of service config.</summary>
    public bool DisableResolverServiceConfig { get; set; }

    /// <summary>Longest pause between attempts to connect; null = no bound.</summary>
    public TimeSpan? MaxReconnectBackoff { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Pause after the first failed attempt to connect.</summary>
    public TimeSpan InitialReconnectBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gives resolver factories and a <see cref="TimeProvider"/>.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>HTTP version of requests; null = 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>How exact <see cref="HttpVersion"/> is; null = exactly that version.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }

    /// <summary>The service of <see cref="ServiceProvider"/>; null if there is none.</summary>
    internal T? Find<T>()
        where T : class => ServiceProvider?.GetService(typeof(T)) as T;

    /// <summary>All services of that type.</summary>
    internal IEnumerable<T> FindAll<T>()
        where T : class
    {
        var all = Find<IEnumerable<T>>() ?? [];
        return Find<T>() is { } single && !all.Contains(single) ? all.Append(single) : all;
    }
}
