using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Official;

/// <summary>Settings of a policy of one's own: servers of one region only, if there are any.</summary>
internal sealed class LeastBusyConfig : LoadBalancingConfig
{
    public const string Policy = "least_busy";

    public LeastBusyConfig()
        : base(Policy)
    {
    }

    public string Region
    {
        set => ((IDictionary<string, object>)Inner[Policy])["region"] = value;
    }
}

/// <summary>A policy of one's own, as an application writes it: the server with the fewest calls under way.</summary>
internal sealed class LeastBusyBalancer(IChannelControlHelper controller, ILoggerFactory loggerFactory, string? region)
    : SubchannelsLoadBalancer(controller, loggerFactory)
{
    public static readonly BalancerAttributesKey<string> RegionKey = new("region");

    private static readonly BalancerAttributesKey<Load> LoadKey = new("load");

    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels)
    {
        foreach (var subchannel in readySubchannels)
        {
            if (!subchannel.Attributes.TryGetValue(LoadKey, out _))
            {
                subchannel.Attributes.Set(LoadKey, new Load());
            }
        }

        var near = readySubchannels.Where(s => s.CurrentAddress!.Attributes.TryGetValue(RegionKey, out var where) && where == region).ToList();
        return new Picker(near.Count > 0 ? near : readySubchannels);
    }

    private sealed class Picker(IReadOnlyList<Subchannel> subchannels) : SubchannelPicker
    {
        public override PickResult Pick(PickContext context)
        {
            var (best, load) = subchannels.Select(static s => (Subchannel: s, Load: LoadOf(s))).MinBy(static s => s.Load.Running);
            return PickResult.ForSubchannel(best, load);
        }

        private static Load LoadOf(Subchannel subchannel) =>
            subchannel.Attributes.TryGetValue(LoadKey, out var load) ? load : throw new InvalidOperationException("A subchannel has no load.");
    }

    private sealed class Load : ISubchannelCallTracker
    {
        private int _running;

        public int Running => Volatile.Read(ref _running);

        public void Start() => Interlocked.Increment(ref _running);

        public void Complete(CompletionContext context) => Interlocked.Decrement(ref _running);
    }
}

internal sealed class LeastBusyFactory : LoadBalancerFactory
{
    public override string Name => LeastBusyConfig.Policy;

    public override LoadBalancer Create(LoadBalancerOptions options) => new LeastBusyBalancer(
        options.Controller, options.LoggerFactory, options.Configuration.TryGetValue("region", out var region) ? (string)region : null);
}

/// <summary>Addresses that somebody announces.</summary>
internal sealed class AnnouncedResolver : Resolver
{
    private ResolverResult _last = ResolverResult.ForFailure(new global::Grpc.Core.Status(global::Grpc.Core.StatusCode.Unavailable, "nothing announced"));
    private Action<ResolverResult>? _listener;

    public int Refreshed { get; private set; }

    public override void Start(Action<ResolverResult> listener)
    {
        _listener = listener;
        listener(_last);
    }

    public override void Refresh() => Refreshed++;

    public void Announce(ResolverResult result)
    {
        _last = result;
        _listener?.Invoke(result);
    }
}

internal sealed class AnnouncedResolverFactory(AnnouncedResolver resolver) : ResolverFactory
{
    public override string Name => "announced";

    public override Resolver Create(ResolverOptions options) => resolver;
}

/// <summary>A policy from nothing: picks what it is told to.</summary>
internal sealed class ToldFactory(Func<PickResult> pick) : LoadBalancerFactory
{
    public override string Name => "told";

    public override LoadBalancer Create(LoadBalancerOptions options) => new Told(options.Controller, pick);

    private sealed class Told(IChannelControlHelper controller, Func<PickResult> pick) : LoadBalancer
    {
        public override void UpdateChannelState(ChannelState state) =>
            controller.UpdateState(new BalancerState(global::Grpc.Core.ConnectivityState.TransientFailure, new Picker(pick)));

        public override void RequestConnection()
        {
        }
    }

    private sealed class Picker(Func<PickResult> pick) : SubchannelPicker
    {
        public override PickResult Pick(PickContext context) => pick();
    }
}
