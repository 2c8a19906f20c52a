using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>
/// A balancing policy: makes subchannels for the addresses of a channel and tells the channel how to pick one for a call.
/// Its members and the state callbacks of its subchannels never run at the same time.
/// </summary>
public abstract class LoadBalancer : IDisposable
{
    /// <summary>The resolver found other addresses, or failed.</summary>
    public abstract void UpdateChannelState(ChannelState state);

    /// <summary>Somebody wants a connection now.</summary>
    public abstract void RequestConnection();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives resources back: its subchannels above all.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Makes balancers of one policy; found in the service provider of the channel's options.</summary>
public abstract class LoadBalancerFactory
{
    /// <summary>Name of the policy, for example <c>pick_first</c>.</summary>
    public abstract string Name { get; }

    /// <summary>A balancer for one channel.</summary>
    public abstract LoadBalancer Create(LoadBalancerOptions options);
}

/// <summary>What a balancer is made with.</summary>
/// <param name="controller">The channel.</param>
/// <param name="loggerFactory">Takes log messages.</param>
/// <param name="configuration">What the service config says for the policy.</param>
public sealed class LoadBalancerOptions(IChannelControlHelper controller, ILoggerFactory loggerFactory, IDictionary<string, object> configuration)
{
    /// <summary>The channel.</summary>
    public IChannelControlHelper Controller { get; } = controller;

    /// <summary>Takes log messages.</summary>
    public ILoggerFactory LoggerFactory { get; } = loggerFactory;

    /// <summary>What the service config says for the policy: the dictionary under its name.</summary>
    public IDictionary<string, object> Configuration { get; } = configuration;
}

/// <summary>The channel as a balancer sees it.</summary>
public interface IChannelControlHelper
{
    /// <summary>A subchannel over these addresses, not connected yet.</summary>
    Subchannel CreateSubchannel(SubchannelOptions options);

    /// <summary>Sets the state of the channel and what picks for its calls.</summary>
    void UpdateState(BalancerState state);

    /// <summary>Asks the resolver again.</summary>
    void RefreshResolver();
}

/// <summary>State of a channel and what picks for its calls.</summary>
/// <param name="connectivityState">The state.</param>
/// <param name="picker">What picks.</param>
public sealed class BalancerState(ConnectivityState connectivityState, SubchannelPicker picker)
{
    /// <summary>The state.</summary>
    public ConnectivityState ConnectivityState { get; } = connectivityState;

    /// <summary>What picks.</summary>
    public SubchannelPicker Picker { get; } = picker;
}

/// <summary>What the resolver of a channel found.</summary>
public sealed class ChannelState
{
    internal ChannelState(Status status, IReadOnlyList<BalancerAddress>? addresses, LoadBalancingConfig? config, BalancerAttributes attributes)
    {
        Status = status;
        Addresses = addresses;
        LoadBalancingConfig = config;
        Attributes = attributes;
    }

    /// <summary>The addresses; null after a failure.</summary>
    public IReadOnlyList<BalancerAddress>? Addresses { get; }

    /// <summary>The policy the resolver asks for; null if it asks for none.</summary>
    public LoadBalancingConfig? LoadBalancingConfig { get; }

    /// <summary>OK, or why there are no addresses.</summary>
    public Status Status { get; }

    /// <summary>What the resolver says besides.</summary>
    public BalancerAttributes Attributes { get; }
}
