using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Balancer;

/// <summary>Makes balancers of <c>pick_first</c>: all calls to the first address that can be reached.</summary>
public sealed class PickFirstBalancerFactory : LoadBalancerFactory
{
    /// <inheritdoc/>
    public override string Name => LoadBalancingConfig.PickFirstPolicyName;

    /// <inheritdoc/>
    public override LoadBalancer Create(LoadBalancerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PickFirstBalancer(options.Controller);
    }
}

/// <summary>One subchannel over all addresses. A lost connection is made again when a call asks for it.</summary>
internal sealed class PickFirstBalancer(IChannelControlHelper channel) : LoadBalancer
{
    private Subchannel? _subchannel;
    private ConnectivityState _state;

    public override void UpdateChannelState(ChannelState state)
    {
        if (state.Status.StatusCode != StatusCode.OK)
        {
            Fail(state.Status);
        }
        else if (state.Addresses is not { Count: > 0 } addresses)
        {
            Fail(new Status(StatusCode.Unavailable, "Resolver returned no addresses."));
        }
        else if (_subchannel is not null)
        {
            _subchannel.UpdateAddresses(addresses);
        }
        else
        {
            Open(addresses);
        }
    }

    public override void RequestConnection() => _subchannel?.RequestConnection();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Drop();
    }

    private void Open(IReadOnlyList<BalancerAddress> addresses)
    {
        var subchannel = channel.CreateSubchannel(new SubchannelOptions(addresses));
        _subchannel = subchannel;
        subchannel.OnStateChanged(state => OnStateChanged(subchannel, state));
        Tell(ConnectivityState.Idle, QueuePicker.Instance);
        subchannel.RequestConnection();
    }

    private void OnStateChanged(Subchannel subchannel, SubchannelState state)
    {
        if (subchannel != _subchannel)
        {
            return;
        }

        switch (state.State)
        {
            case ConnectivityState.Ready:
                Tell(state.State, new FirstPicker(subchannel));
                break;
            case ConnectivityState.Idle:
                channel.RefreshResolver();
                Tell(state.State, new WakingPicker(subchannel));
                break;
            case ConnectivityState.TransientFailure:
                channel.RefreshResolver();
                Tell(state.State, new FailPicker(state.Status));
                break;
            case ConnectivityState.Connecting:
            case ConnectivityState.Shutdown:
                Tell(state.State, QueuePicker.Instance);
                break;
            default:
                throw new InvalidOperationException($"The state {state.State} is not known.");
        }
    }

    // A connection that stands is better than none: a resolver that fails does not end it.
    private void Fail(Status status)
    {
        if (_state != ConnectivityState.Ready)
        {
            Drop();
            Tell(ConnectivityState.TransientFailure, new FailPicker(status));
        }
    }

    private void Drop()
    {
        var subchannel = _subchannel;
        _subchannel = null;
        subchannel?.Dispose();
    }

    private void Tell(ConnectivityState state, SubchannelPicker picker)
    {
        _state = state;
        channel.UpdateState(new BalancerState(state, picker));
    }

    private sealed class FirstPicker(Subchannel subchannel) : SubchannelPicker
    {
        private readonly PickResult _result = PickResult.ForSubchannel(subchannel);

        public override PickResult Pick(PickContext context) => _result;
    }

    private sealed class WakingPicker(Subchannel subchannel) : SubchannelPicker
    {
        public override PickResult Pick(PickContext context)
        {
            subchannel.RequestConnection();
            return PickResult.ForQueue();
        }
    }
}
