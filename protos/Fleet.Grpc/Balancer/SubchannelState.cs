using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>What a subchannel is made with.</summary>
/// <param name="addresses">Its addresses, tried in this order.</param>
public sealed class SubchannelOptions(IReadOnlyList<BalancerAddress> addresses)
{
    /// <summary>Its addresses, tried in this order.</summary>
    public IReadOnlyList<BalancerAddress> Addresses { get; } = addresses;
}

/// <summary>A new state of a subchannel.</summary>
public sealed class SubchannelState
{
    internal SubchannelState(ConnectivityState state, Status status)
    {
        State = state;
        Status = status;
    }

    /// <summary>The state.</summary>
    public ConnectivityState State { get; }

    /// <summary>Why; not OK after a failure.</summary>
    public Status Status { get; }
}
