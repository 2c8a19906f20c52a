using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>Makes balancers of <c>round_robin</c>: calls to all addresses that can be reached, in turn.</summary>
public sealed class RoundRobinBalancerFactory : LoadBalancerFactory
{
    /// <inheritdoc/>
    public override string Name => LoadBalancingConfig.RoundRobinPolicyName;

    /// <inheritdoc/>
    public override LoadBalancer Create(LoadBalancerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new RoundRobinBalancer(options.Controller, options.LoggerFactory);
    }
}

/// <summary>A subchannel an address; each call goes to the next one that is connected.</summary>
internal sealed class RoundRobinBalancer(IChannelControlHelper controller, ILoggerFactory loggerFactory)
    : SubchannelsLoadBalancer(controller, loggerFactory)
{
    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels) => new TurnPicker(readySubchannels);

    // Starts anywhere: many clients that start together are not to meet at the first server.
    private sealed class TurnPicker(IReadOnlyList<Subchannel> ready) : SubchannelPicker
    {
        private readonly PickResult[] _results = [.. ready.Select(static s => PickResult.ForSubchannel(s))];
        private int _last = Random.Shared.Next(ready.Count);

        public override PickResult Pick(PickContext context) =>
            _results[(uint)Interlocked.Increment(ref _last) % (uint)_results.Length];
    }
}
