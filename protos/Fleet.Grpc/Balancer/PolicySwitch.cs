using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>
/// The balancer of a channel. When the resolver asks for another policy, the one at work goes on until the new one has a connection.
/// Guarded by the lock of the channel.
/// </summary>
internal sealed class PolicySwitch : IDisposable
{
    private static readonly LoadBalancerFactory[] Known = [new PickFirstBalancerFactory(), new RoundRobinBalancerFactory()];

    private readonly ConnectionManager _channel;
    private readonly ILoggerFactory _loggers;
    private readonly LoadBalancerFactory[] _factories;
    private readonly LoadBalancingConfig _initial;
    private Child? _current;
    private Child? _next;

    /// <exception cref="InvalidOperationException">The config names policies and none of them is known.</exception>
    public PolicySwitch(ConnectionManager channel, ServiceConfig? config, IEnumerable<LoadBalancerFactory> own, ILoggerFactory loggers)
    {
        _channel = channel;
        _loggers = loggers;
        _factories = [.. own, .. Known];
        var wanted = config?.LoadBalancingConfigs ?? [];
        _initial = wanted.Count == 0
            ? new PickFirstConfig()
            : FirstKnown(wanted) ?? throw new InvalidOperationException(
                $"No load balancers configured for {string.Join(", ", wanted.Select(static c => $"'{c.PolicyName}'"))}.");
    }

    /// <summary>The first of <paramref name="configs"/> whose policy is known.</summary>
    public LoadBalancingConfig? FirstKnown(IEnumerable<LoadBalancingConfig> configs) => configs.FirstOrDefault(c => FactoryOf(c) is not null);

    /// <summary>Gives the balancer what the resolver found.</summary>
    public void Update(ChannelState state)
    {
        if (state.LoadBalancingConfig is { } asked && asked.PolicyName != (_next ?? _current)?.Policy)
        {
            _next?.Dispose();
            _next = asked.PolicyName == _current?.Policy ? null : new Child(this, asked);
        }

        if (_current is null)
        {
            _current = _next ?? new Child(this, _initial);
            _next = null;
        }

        (_next ?? _current).Balancer.UpdateChannelState(state);
    }

    public void RequestConnection() => (_next ?? _current)?.Balancer.RequestConnection();

    public void Dispose()
    {
        _next?.Dispose();
        _current?.Dispose();
    }

    private LoadBalancerFactory? FactoryOf(LoadBalancingConfig config) =>
        Array.Find(_factories, f => string.Equals(f.Name, config.PolicyName, StringComparison.OrdinalIgnoreCase));

    /// <summary>One balancer and what it may do to the channel: everything if it is at work, nothing before it has a connection.</summary>
    private sealed class Child : IChannelControlHelper, IDisposable
    {
        private readonly PolicySwitch _owner;

        public Child(PolicySwitch owner, LoadBalancingConfig config)
        {
            _owner = owner;
            Policy = config.PolicyName;
            var values = (IDictionary<string, object>)config.Inner[config.PolicyName];
            Balancer = owner.FactoryOf(config)!.Create(new LoadBalancerOptions(this, owner._loggers, values));
        }

        public string Policy { get; }

        public LoadBalancer Balancer { get; }

        public Subchannel CreateSubchannel(SubchannelOptions options)
        {
            ArgumentNullException.ThrowIfNull(options);
            return new Subchannel(_owner._channel, options.Addresses);
        }

        public void RefreshResolver()
        {
            lock (_owner._channel.Sync)
            {
                if (this != (_owner._next ?? _owner._current))
                {
                    return;
                }
            }

            _owner._channel.RefreshResolver();
        }

        public void UpdateState(BalancerState state)
        {
            ArgumentNullException.ThrowIfNull(state);
            lock (_owner._channel.Sync)
            {
                if (this == _owner._next && state.ConnectivityState == ConnectivityState.Ready)
                {
                    var before = _owner._current;
                    (_owner._current, _owner._next) = (this, null);
                    before!.Dispose();
                }

                // A balancer tells its state from within its creation too.
                if (_owner._current is null || this == _owner._current)
                {
                    _owner._channel.UpdateState(state);
                }
            }
        }

        public void Dispose() => Balancer.Dispose();
    }
}
