using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>Base of policies with one subchannel an address, all kept connected; a policy says how to pick among those that are ready.</summary>
public abstract class SubchannelsLoadBalancer : LoadBalancer
{
    private readonly ILogger _logger;
    private List<Member> _members = [];

    /// <summary>A balancer without addresses.</summary>
    protected SubchannelsLoadBalancer(IChannelControlHelper controller, ILoggerFactory loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(loggerFactory);
        Controller = controller;
        _logger = loggerFactory.CreateLogger(GetType());
    }

    /// <summary>The channel.</summary>
    protected IChannelControlHelper Controller { get; }

    /// <summary>The state last told to the channel.</summary>
    protected ConnectivityState State { get; private set; }

    /// <inheritdoc/>
    public override void UpdateChannelState(ChannelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Status.StatusCode != StatusCode.OK)
        {
            Fail(state.Status);
        }
        else if (state.Addresses is not { Count: > 0 } addresses)
        {
            Fail(new Status(StatusCode.Unavailable, "Resolver returned no addresses."));
        }
        else
        {
            Take(addresses);
        }
    }

    /// <inheritdoc/>
    public override void RequestConnection()
    {
        foreach (var member in _members.ToArray())
        {
            member.Subchannel.RequestConnection();
        }
    }

    /// <summary>What picks among the subchannels that are connected; made anew whenever they change.</summary>
    /// <param name="readySubchannels">At least one.</param>
    protected abstract SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Drop(Replace([]));
    }

    private static void Drop(IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            member.Subchannel.Dispose();
        }
    }

    // Subchannels whose address stays keep their connections.
    private void Take(IReadOnlyList<BalancerAddress> addresses)
    {
        var left = _members.ToList();
        var members = addresses.Select(a => Keep(left, a) ?? Open(a)).ToList();
        if (left.Count == 0 && members.Count == _members.Count && !members.Exists(static m => m.IsChanged))
        {
            return;
        }

        var added = members.FindAll(m => !_members.Contains(m));
        Replace(members);
        Drop(left);
        foreach (var member in members)
        {
            member.IsChanged = false;
        }

        foreach (var member in added)
        {
            member.Subchannel.RequestConnection();
        }

        Publish(Status.DefaultSuccess);
    }

    private static Member? Keep(List<Member> left, BalancerAddress address)
    {
        var index = left.FindIndex(m => m.Address.EndPoint.Equals(address.EndPoint));
        if (index < 0)
        {
            return null;
        }

        var member = left[index];
        left.RemoveAt(index);
        if (!member.Address.IsAlike(address))
        {
            member.Address = address;
            member.IsChanged = true;
            member.Subchannel.UpdateAddresses([address]);
        }

        return member;
    }

    private Member Open(BalancerAddress address)
    {
        var subchannel = Controller.CreateSubchannel(new SubchannelOptions([address]));
        var member = new Member(subchannel, address) { IsChanged = true };
        subchannel.OnStateChanged(state => OnStateChanged(member, state));
        return member;
    }

    private List<Member> Replace(List<Member> members)
    {
        var before = _members;
        _members = members;
        return before;
    }

    private void OnStateChanged(Member member, SubchannelState state)
    {
        if (!_members.Contains(member))
        {
            return;
        }

        member.State = state.State;
        BalancerLog.SubchannelChanged(_logger, member.Address, state.State, state.Status.Detail);
        Publish(state.Status);
        if (state.State is ConnectivityState.TransientFailure or ConnectivityState.Idle)
        {
            Controller.RefreshResolver();
        }

        if (state.State == ConnectivityState.Idle)
        {
            member.Subchannel.RequestConnection();
        }
    }

    private void Publish(Status status)
    {
        var ready = _members.FindAll(static m => m.State == ConnectivityState.Ready);
        if (ready.Count > 0)
        {
            Tell(ConnectivityState.Ready, CreatePicker([.. ready.Select(static m => m.Subchannel)]));
        }
        else if (_members.Exists(static m => m.State is ConnectivityState.Connecting or ConnectivityState.Idle))
        {
            Tell(ConnectivityState.Connecting, QueuePicker.Instance);
        }
        else
        {
            Tell(ConnectivityState.TransientFailure, new FailPicker(
                status.StatusCode == StatusCode.OK ? new Status(StatusCode.Unavailable, "No address can be reached.") : status));
        }
    }

    // Connections that stand are better than none: a resolver that fails does not end them.
    private void Fail(Status status)
    {
        if (State == ConnectivityState.Ready)
        {
            return;
        }

        Drop(Replace([]));
        Tell(ConnectivityState.TransientFailure, new FailPicker(status));
    }

    private void Tell(ConnectivityState state, SubchannelPicker picker)
    {
        State = state;
        Controller.UpdateState(new BalancerState(state, picker));
    }

    private sealed class Member(Subchannel subchannel, BalancerAddress address)
    {
        public Subchannel Subchannel { get; } = subchannel;

        public BalancerAddress Address { get; set; } = address;

        public ConnectivityState State { get; set; }

        public bool IsChanged { get; set; }
    }
}

/// <summary>What balancers tell the log; events 4160-4169.</summary>
internal static partial class BalancerLog
{
    [LoggerMessage(4160, LogLevel.Debug, "{Address} is {State}: {Detail}")]
    public static partial void SubchannelChanged(ILogger logger, BalancerAddress address, ConnectivityState state, string detail);

    [LoggerMessage(4161, LogLevel.Warning, "No balancing policy of the resolver's service config is known; the one before stays")]
    public static partial void NoKnownPolicy(ILogger logger);
}
