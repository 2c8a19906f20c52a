using System.Net;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>Opens the connections of an HTTP handler, counts them, and keeps one that was asked for before the first call.</summary>
internal sealed class Connections
{
    private readonly Lock _lock = new();

    // All below are guarded by _lock.
    private readonly Dictionary<DnsEndPoint, Connection> _spare = [];
    private int _open;
    private int _attempts;
    private bool _lastFailed;
    private TaskCompletionSource _changed = NewSignal();

    private Connections()
    {
    }

    public ConnectivityState State
    {
        get
        {
            DropDead();
            lock (_lock)
            {
                return StateLocked();
            }
        }
    }

    /// <summary>The connections of the handler that others lead to; null if it opens them itself.</summary>
    public static Connections? Of(HttpMessageHandler handler)
    {
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        if (handler is not SocketsHttpHandler sockets)
        {
            return null;
        }

        // Channels that share a handler share its connections.
        if (sockets.ConnectCallback is { } callback)
        {
            return callback.Target as Connections;
        }

        var connections = new Connections();
        try
        {
            sockets.ConnectCallback = connections.OpenAsync;
            return connections;
        }
        catch (InvalidOperationException)
        {
            // It has sent requests before; nothing of it can be changed.
            return null;
        }
    }

    /// <summary>Opens a connection that the next request to <paramref name="endPoint"/> takes.</summary>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public async Task PrepareAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var connection = await DialAsync(endPoint, cancellationToken);
        lock (_lock)
        {
            if (_spare.TryAdd(endPoint, connection))
            {
                return;
            }
        }

        await connection.DisposeAsync();
    }

    /// <summary>Waits for another state than <paramref name="state"/>.</summary>
    public async Task ChangedFromAsync(ConnectivityState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (StateLocked() != state)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Closes what no request has taken.</summary>
    public void DropSpare() => Drop(static _ => true);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DropDead();
        lock (_lock)
        {
            if (_spare.Remove(context.DnsEndPoint, out var spare))
            {
                return spare;
            }
        }

        return await DialAsync(context.DnsEndPoint, cancellationToken);
    }

    private async Task<Connection> DialAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        Change(attempts: 1, open: 0, failed: null);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
        }
        catch (Exception e)
        {
            socket.Dispose();
            Change(attempts: -1, open: 0, failed: e is SocketException ? true : null);
            throw;
        }

        Change(attempts: -1, open: 1, failed: false);
        return new Connection(socket, this);
    }

    private void Change(int attempts, int open, bool? failed)
    {
        lock (_lock)
        {
            var before = StateLocked();
            _attempts += attempts;
            _open += open;
            _lastFailed = failed ?? _lastFailed;
            if (StateLocked() != before)
            {
                TellLocked();
            }
        }
    }

    private void TellLocked()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }

    private ConnectivityState StateLocked() => this switch
    {
        { _open: > 0 } => ConnectivityState.Ready,
        { _attempts: > 0 } => ConnectivityState.Connecting,
        { _lastFailed: true } => ConnectivityState.TransientFailure,
        _ => ConnectivityState.Idle,
    };

    // Nobody reads a connection that no request has taken: whether the server has closed it is seen only by looking.
    private void DropDead() => Drop(static c => c.IsClosedByPeer);

    private void Drop(Func<Connection, bool> which)
    {
        List<Connection> dropped = [];
        lock (_lock)
        {
            foreach (var (endPoint, connection) in _spare.Where(s => which(s.Value)).ToArray())
            {
                _spare.Remove(endPoint);
                dropped.Add(connection);
            }
        }

        foreach (var connection in dropped)
        {
            connection.Dispose();
        }
    }

    private sealed class Connection(Socket socket, Connections owner) : NetworkStream(socket, ownsSocket: true)
    {
        private int _closed;

        // An HTTP/2 server speaks first; bytes alone are no end.
        public bool IsClosedByPeer
        {
            get
            {
                try
                {
                    return Socket.Poll(0, SelectMode.SelectRead) && Socket.Available == 0;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return true;
                }
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
            {
                owner.Change(attempts: 0, open: -1, failed: null);
            }
        }
    }
}
