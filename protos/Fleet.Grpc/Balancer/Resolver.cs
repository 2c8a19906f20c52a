using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client.Balancer;

/// <summary>What a resolver found.</summary>
public sealed class ResolverResult
{
    private BalancerAttributes? _attributes;

    private ResolverResult(Status status, IReadOnlyList<BalancerAddress>? addresses, ServiceConfig? config, Status? configStatus)
    {
        Status = status;
        Addresses = addresses;
        ServiceConfig = config;
        ServiceConfigStatus = configStatus;
    }

    /// <summary>OK, or why there are no addresses.</summary>
    public Status Status { get; }

    /// <summary>The addresses; null after a failure.</summary>
    public IReadOnlyList<BalancerAddress>? Addresses { get; }

    /// <summary>The service config that came with the addresses; its balancing policies are used, the rest is not.</summary>
    public ServiceConfig? ServiceConfig { get; }

    /// <summary>Why there is no service config although there should be one; null if there is nothing to say.</summary>
    public Status? ServiceConfigStatus { get; }

    /// <summary>What the resolver says besides.</summary>
    public BalancerAttributes Attributes => _attributes ??= new BalancerAttributes();

    /// <summary>No addresses.</summary>
    /// <exception cref="ArgumentException">The status is OK.</exception>
    public static ResolverResult ForFailure(Status status) => status.StatusCode != StatusCode.OK
        ? new ResolverResult(status, null, null, null)
        : throw new ArgumentException("Error status code must not be OK.", nameof(status));

    /// <summary>These addresses.</summary>
    public static ResolverResult ForResult(IReadOnlyList<BalancerAddress> addresses) => ForResult(addresses, null, null);

    /// <summary>These addresses and a service config.</summary>
    /// <exception cref="ArgumentException">The config is said to be there and is not.</exception>
    public static ResolverResult ForResult(IReadOnlyList<BalancerAddress> addresses, ServiceConfig? serviceConfig, Status? serviceConfigStatus) =>
        serviceConfigStatus is { StatusCode: StatusCode.OK } && serviceConfig is null
            ? throw new ArgumentException("Service config status code must not be OK when there is no service config.", nameof(serviceConfigStatus))
            : new ResolverResult(Status.DefaultSuccess, addresses, serviceConfig, serviceConfigStatus);
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

    /// <summary>True: the channel takes no service config from resolvers.</summary>
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
