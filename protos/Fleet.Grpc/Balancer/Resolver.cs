using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client.Balancer;

/// <summary>One address of a service.</summary>
/// <param name="endPoint">Host and port.</param>
public sealed class BalancerAddress(DnsEndPoint endPoint)
{
    /// <summary>An address by host and port.</summary>
    public BalancerAddress(string host, int port)
        : this(new DnsEndPoint(host, port))
    {
    }

    /// <summary>Host and port.</summary>
    public DnsEndPoint EndPoint { get; } = endPoint;

    /// <inheritdoc/>
    public override string ToString() => $"{EndPoint.Host}:{EndPoint.Port}";
}

/// <summary>What a resolver found.</summary>
public sealed class ResolverResult
{
    private ResolverResult(Status status, IReadOnlyList<BalancerAddress>? addresses)
    {
        Status = status;
        Addresses = addresses;
    }

    /// <summary>OK, or why there are no addresses.</summary>
    public Status Status { get; }

    /// <summary>The addresses; null after a failure.</summary>
    public IReadOnlyList<BalancerAddress>? Addresses { get; }

    /// <summary>No addresses.</summary>
    public static ResolverResult ForFailure(Status status) => new(status, null);

    /// <summary>These addresses.</summary>
    public static ResolverResult ForResult(IReadOnlyList<BalancerAddress> addresses) => new(Status.DefaultSuccess, addresses);
}

/// <summary>Finds the addresses of a channel and tells of changes.</summary>
public abstract class Resolver : IDisposable
{
    /// <summary>Starts; <paramref name="listener"/> hears of each result.</summary>
    public abstract void Start(Action<ResolverResult> listener);

    /// <summary>Looks again, because a connection failed.</summary>
    public virtual void Refresh()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives resources back.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>What a resolver is made for.</summary>
public sealed class ResolverOptions
{
    internal ResolverOptions(Uri address, int defaultPort, GrpcChannelOptions channelOptions)
    {
        Address = address;
        DefaultPort = defaultPort;
        ChannelOptions = channelOptions;
    }

    /// <summary>The channel's address.</summary>
    public Uri Address { get; }

    /// <summary>Port of addresses that name none.</summary>
    public int DefaultPort { get; }

    /// <summary>The channel's options.</summary>
    public GrpcChannelOptions ChannelOptions { get; }

    /// <summary>True: the channel takes no service config from resolvers. It takes none here at all.</summary>
    public bool DisableServiceConfig => ChannelOptions.DisableResolverServiceConfig;

    /// <summary>Takes log messages.</summary>
    public ILoggerFactory LoggerFactory => ChannelOptions.LoggerFactory ?? NullLoggerFactory.Instance;
}

/// <summary>Makes resolvers for the addresses of one scheme; found in the service provider of the channel's options.</summary>
public abstract class ResolverFactory
{
    /// <summary>The scheme, for example <c>dns</c>.</summary>
    public abstract string Name { get; }

    /// <summary>A resolver for one channel.</summary>
    public abstract Resolver Create(ResolverOptions options);
}
