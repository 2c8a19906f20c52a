using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Grpc.Net.Client.Internal;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>The state of a channel, and the pick for each of its calls: a resolver finds addresses, a balancer makes subchannels of them.</summary>
internal sealed class ConnectionManager : IDisposable
{
    private readonly Resolver _resolver;
    private readonly PolicySwitch _policy;
    private readonly ILogger _logger;
    private readonly bool _takesServiceConfig;
    private int _started;

    // Guarded by Sync; calls read _picker without it.
    private volatile SubchannelPicker? _picker;
    private ConnectivityState _state;
    private bool _hadServiceConfig;
    private LoadBalancingConfig? _resolvedPolicy;
    private TaskCompletionSource _pickerChanged = NewSignal();
    private TaskCompletionSource _stateChanged = NewSignal();

    public ConnectionManager(Resolver resolver, Connections connections, GrpcChannelOptions options, ILoggerFactory loggers, TimeProvider clock)
    {
        _resolver = resolver;
        _takesServiceConfig = !options.DisableResolverServiceConfig;
        _logger = loggers.CreateLogger<ConnectionManager>();
        Connections = connections;
        Clock = clock;
        Pauses = options.Find<IBackoffPolicyFactory>() ?? new ExponentialBackoff(options);
        _policy = new PolicySwitch(this, options.ServiceConfig, options.FindAll<LoadBalancerFactory>(), loggers);
    }

    /// <summary>Guards the balancer, its subchannels and the state: balancers are never called twice at a time.</summary>
    public Lock Sync { get; } = new();

    public Connections Connections { get; }

    public IBackoffPolicyFactory Pauses { get; }

    public TimeProvider Clock { get; }

    public ConnectivityState State
    {
        get
        {
            lock (Sync)
            {
                return _state;
            }
        }
    }

    /// <summary>Completes when the channel is ready.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Start();
        lock (Sync)
        {
            if (_state != ConnectivityState.Ready)
            {
                _policy.RequestConnection();
            }
        }

        for (var state = State; state != ConnectivityState.Ready; state = State)
        {
            await WaitForStateChangedAsync(state, cancellationToken);
        }
    }

    /// <summary>Completes when the state is, or has been, another than <paramref name="last"/>.</summary>
    public Task WaitForStateChangedAsync(ConnectivityState last, CancellationToken cancellationToken)
    {
        lock (Sync)
        {
            return _state == last ? _stateChanged.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }

    /// <summary>Picks where a request goes; waits as long as the picker says so.</summary>
    /// <exception cref="RpcException">There is no way.</exception>
    /// <exception cref="DroppedException">The balancer refuses the call.</exception>
    public ValueTask<Route> PickAsync(HttpRequestMessage request, bool waitForReady, CancellationToken cancellationToken)
    {
        var context = new PickContext { Request = request };
        return _picker is { } picker && TryPick(picker, context, waitForReady, out var route)
            ? new ValueTask<Route>(route)
            : PickLaterAsync(context, waitForReady, cancellationToken);
    }

    /// <summary>Takes the state and the picker of the balancer at work.</summary>
    public void UpdateState(BalancerState state)
    {
        lock (Sync)
        {
            if (_state == ConnectivityState.Shutdown)
            {
                return;
            }

            _picker = state.Picker;
            Signal(ref _pickerChanged);
            if (_state != state.ConnectivityState)
            {
                _state = state.ConnectivityState;
                Signal(ref _stateChanged);
            }
        }
    }

    public void RefreshResolver()
    {
        if (State != ConnectivityState.Shutdown)
        {
            _resolver.Refresh();
        }
    }

    public void Dispose()
    {
        lock (Sync)
        {
            _state = ConnectivityState.Shutdown;
            _policy.Dispose();
            Signal(ref _stateChanged);
        }

        _resolver.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Signal(ref TaskCompletionSource signal)
    {
        var before = signal;
        signal = NewSignal();
        before.TrySetResult();
    }

    private static bool TryPick(SubchannelPicker picker, PickContext context, bool waitForReady, out Route route)
    {
        var pick = picker.Pick(context);
        route = default;
        switch (pick.Type)
        {
            // One that has just lost its connection: another picker is on its way.
            case PickResultType.Complete when pick.Subchannel!.CurrentAddress is { } address:
                route = new Route(pick.Subchannel, address, pick.SubchannelCallTracker);
                return true;
            case PickResultType.Complete:
            case PickResultType.Queue:
            case PickResultType.Fail when waitForReady:
                return false;
            case PickResultType.Fail:
                throw new RpcException(pick.Status);
            case PickResultType.Drop:
                throw new DroppedException(pick.Status);
            default:
                throw new InvalidOperationException($"The pick {pick.Type} is not known.");
        }
    }

    private async ValueTask<Route> PickLaterAsync(PickContext context, bool waitForReady, CancellationToken cancellationToken)
    {
        Start();
        while (true)
        {
            SubchannelPicker? picker;
            Task changed;
            lock (Sync)
            {
                picker = _picker;
                changed = _pickerChanged.Task;
            }

            if (picker is not null && TryPick(picker, context, waitForReady, out var route))
            {
                return route;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    // With the first call: a channel that nobody uses connects to nothing.
    private void Start()
    {
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
        {
            _resolver.Start(OnResolved);
            _resolver.Refresh();
        }
    }

    private void OnResolved(ResolverResult result)
    {
        lock (Sync)
        {
            if (_state == ConnectivityState.Shutdown)
            {
                return;
            }

            var status = result.Status;
            if (_takesServiceConfig)
            {
                status = TakeServiceConfigLocked(result) ?? status;
            }

            _policy.Update(new ChannelState(status, result.Addresses, _resolvedPolicy, result.Attributes));
        }
    }

    // gRFC A21: a config that cannot be had is a failure only if there was none before.
    private Status? TakeServiceConfigLocked(ResolverResult result)
    {
        if (result.ServiceConfig is null && result.ServiceConfigStatus is { } problem)
        {
            return _hadServiceConfig ? null : problem;
        }

        _hadServiceConfig = true;
        if (result.ServiceConfig?.LoadBalancingConfigs is not { Count: > 0 } wanted)
        {
            _resolvedPolicy = null;
        }
        else if (_policy.FirstKnown(wanted) is { } known)
        {
            _resolvedPolicy = known;
        }
        else
        {
            BalancerLog.NoKnownPolicy(_logger);
        }

        return null;
    }
}

/// <summary>The balancer dropped a call: it is not repeated.</summary>
internal sealed class DroppedException(Status status) : Exception(status.Detail)
{
    public Status Status { get; } = status;
}
