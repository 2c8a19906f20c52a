using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>A way to one server: some addresses, of which the first that can be reached is used. Made by <see cref="IChannelControlHelper.CreateSubchannel"/>.</summary>
public sealed class Subchannel : IDisposable
{
    private readonly ConnectionManager _manager;

    // All below are guarded by the lock of the channel; calls read _current and _refused without it.
    private IReadOnlyList<BalancerAddress> _addresses;

    // Took a connection and then no request: not tried again before a pause or an answer, or two of them could go on for ever.
    private volatile BalancerAddress[] _refused = [];
    private Action<SubchannelState>[] _listeners = [];
    private ConnectivityState _state;
    private volatile BalancerAddress? _current;
    private Dialing? _dialing;
    private IDisposable? _watch;

    internal Subchannel(ConnectionManager manager, IReadOnlyList<BalancerAddress> addresses)
    {
        _manager = manager;
        _addresses = [.. addresses];
    }

    /// <summary>The address it is connected to; null if it is not.</summary>
    public BalancerAddress? CurrentAddress => _current;

    /// <summary>What the balancer wants to remember of it.</summary>
    public BalancerAttributes Attributes { get; } = new();

    /// <summary>Tells <paramref name="callback"/> of each new state until the result is disposed.</summary>
    public IDisposable OnStateChanged(Action<SubchannelState> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_manager.Sync)
        {
            _listeners = [.. _listeners, callback];
        }

        return new Registration(this, callback);
    }

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<BalancerAddress> GetAddresses()
    {
        lock (_manager.Sync)
        {
            return _addresses;
        }
    }

    /// <summary>Replaces its addresses. A connection to one that is gone is left for one to another.</summary>
    public void UpdateAddresses(IReadOnlyList<BalancerAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        lock (_manager.Sync)
        {
            if (_addresses.Count == addresses.Count && _addresses.Zip(addresses).All(static p => p.First.IsAlike(p.Second)))
            {
                return;
            }

            _addresses = [.. addresses];
            _refused = [];
            if (_current is { } current)
            {
                _current = _addresses.FirstOrDefault(a => a.EndPoint.Equals(current.EndPoint));
                if (_current is null)
                {
                    Lose(new Status(StatusCode.OK, "The address is gone."));
                    RequestConnection();
                }
            }
            else if (_dialing is not null)
            {
                Dial(afterPause: false);
            }
        }
    }

    /// <summary>Connects if it is not; a pause after a failure ends at once.</summary>
    public void RequestConnection()
    {
        lock (_manager.Sync)
        {
            if (_state == ConnectivityState.Idle)
            {
                Dial(afterPause: false);
                Change(ConnectivityState.Connecting, new Status(StatusCode.OK, "Connection requested."));
            }
            else
            {
                _dialing?.Hurry();
            }
        }
    }

    /// <summary>Ends it: no call goes there any more, those under way may end.</summary>
    public void Dispose()
    {
        lock (_manager.Sync)
        {
            StopDialing();
            Disconnect();
            Change(ConnectivityState.Shutdown, new Status(StatusCode.OK, "Subchannel disposed."));
            _listeners = [];
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", GetAddresses())}: {_state}";

    /// <summary>A connection stands.</summary>
    internal void Connected(Dialing dialing, BalancerAddress address)
    {
        lock (_manager.Sync)
        {
            if (dialing != _dialing)
            {
                return;
            }

            StopDialing();
            _watch = _manager.Connections.Watch(address.EndPoint, () => Lost(address));
            if (_watch is null)
            {
                Lose(new Status(StatusCode.Unavailable, "The connection was lost at once."));
                return;
            }

            _current = address;
            Change(ConnectivityState.Ready, new Status(StatusCode.OK, "Connected."));
        }
    }

    /// <summary>No address could be reached; <paramref name="dialing"/> goes on after a pause.</summary>
    internal void Unreachable(Dialing dialing, Exception? failure)
    {
        lock (_manager.Sync)
        {
            if (dialing == _dialing)
            {
                Change(ConnectivityState.TransientFailure, Unreachable(failure));
            }
        }
    }

    /// <summary>The pause is over; false if nobody wants a connection any more.</summary>
    internal bool Retry(Dialing dialing)
    {
        lock (_manager.Sync)
        {
            if (dialing != _dialing)
            {
                return false;
            }

            _refused = [];
            Change(ConnectivityState.Connecting, new Status(StatusCode.OK, "Connecting again."));
            return true;
        }
    }

    /// <summary>The addresses to try now, in their order.</summary>
    internal IReadOnlyList<BalancerAddress> Candidates()
    {
        lock (_manager.Sync)
        {
            return [.. _addresses.Except(_refused)];
        }
    }

    /// <summary>A request found that <paramref name="address"/> takes no connection (or no TLS) although one stood; it may be lost already.</summary>
    internal void Refused(BalancerAddress address, Exception failure)
    {
        lock (_manager.Sync)
        {
            if (_state is ConnectivityState.TransientFailure or ConnectivityState.Shutdown
                || _refused.Contains(address)
                || (_current is not null && _current != address))
            {
                return;
            }

            Disconnect();
            if (_addresses.Any(a => a != address && !_refused.Contains(a)))
            {
                _refused = [.. _refused, address];
                Dial(afterPause: false);
                Change(ConnectivityState.Connecting, new Status(StatusCode.OK, "Connecting to another address."));
                return;
            }

            _refused = [];
            Dial(afterPause: true);
            Change(ConnectivityState.TransientFailure, Unreachable(failure));
        }
    }

    /// <summary>A request was answered: what was refused before says nothing any more.</summary>
    internal void Answered()
    {
        if (_refused.Length > 0)
        {
            lock (_manager.Sync)
            {
                _refused = [];
            }
        }
    }

    private static Status Unreachable(Exception? failure) => new(
        StatusCode.Unavailable, $"Error connecting to subchannel: {failure?.Message ?? "it has no address"}", failure);

    private void Lost(BalancerAddress address)
    {
        lock (_manager.Sync)
        {
            if (_current is { } current && current.EndPoint.Equals(address.EndPoint))
            {
                Lose(new Status(StatusCode.Unavailable, "The connection was lost."));
            }
        }
    }

    private void Lose(Status status)
    {
        Disconnect();
        Change(ConnectivityState.Idle, status);
    }

    private void Disconnect()
    {
        _current = null;
        _watch?.Dispose();
        _watch = null;
    }

    private void Dial(bool afterPause)
    {
        StopDialing();
        _dialing = new Dialing(this, _manager, afterPause);
        _dialing.Start();
    }

    private void StopDialing()
    {
        _dialing?.Dispose();
        _dialing = null;
    }

    private void Change(ConnectivityState state, Status status)
    {
        if (_state == state || _state == ConnectivityState.Shutdown)
        {
            return;
        }

        _state = state;
        var told = new SubchannelState(state, status);
        foreach (var listener in _listeners)
        {
            listener(told);
        }
    }

    private sealed class Registration(Subchannel subchannel, Action<SubchannelState> callback) : IDisposable
    {
        public void Dispose()
        {
            lock (subchannel._manager.Sync)
            {
                subchannel._listeners = [.. subchannel._listeners.Where(l => l != callback)];
            }
        }
    }
}
