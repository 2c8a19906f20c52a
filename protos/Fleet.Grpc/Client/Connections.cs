using System.Net;
using System.Net.Sockets;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// Opens the connections of an HTTP handler: knows which servers have one, tells when the last one to a server is lost, and keeps one that was
/// made before a request wanted it.
/// </summary>
internal sealed class Connections
{
    private readonly TimeProvider _clock;
    private readonly TimeSpan _timeout;

    // As the handler's idle connections: a server may give up one that says nothing for minutes.
    private readonly TimeSpan _longestSpare;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<DnsEndPoint, Place> _places = new(EndPointComparer.Instance);

    private Connections(TimeProvider clock, SocketsHttpHandler handler)
    {
        _clock = clock;
        _timeout = handler.ConnectTimeout;
        _longestSpare = handler.PooledConnectionIdleTimeout;
    }

    /// <summary>The connections of the handler that others lead to; null if it opens them itself, or through a proxy.</summary>
    public static Connections? Of(HttpMessageHandler handler, Uri address, TimeProvider clock)
    {
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        if (handler is not SocketsHttpHandler sockets || IsProxied(sockets, address))
        {
            return null;
        }

        // Channels that share a handler share its connections.
        if (sockets.ConnectCallback is { } callback)
        {
            return callback.Target as Connections;
        }

        var connections = new Connections(clock, sockets);
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
    /// <param name="endPoint">The server.</param>
    /// <param name="fresh">False: one that stands already will do.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="TimeoutException">Not within the handler's <see cref="SocketsHttpHandler.ConnectTimeout"/>.</exception>
    public async Task PrepareAsync(DnsEndPoint endPoint, bool fresh, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!fresh && _places.TryGetValue(endPoint, out var known) && known.Open > 0)
            {
                return;
            }
        }

        var spare = await DialAsync(endPoint, cancellationToken);
        OpenConnection? old;
        lock (_lock)
        {
            var place = _places[endPoint];
            (old, place.Spare) = (place.Spare, spare);
        }

        old?.Dispose();
        _ = DropWhenClosedAsync(spare);
    }

    /// <summary>Calls <paramref name="lost"/> when there is no connection to <paramref name="endPoint"/> any more; null if there is none now.</summary>
    public IDisposable? Watch(DnsEndPoint endPoint, Action lost)
    {
        lock (_lock)
        {
            if (!_places.TryGetValue(endPoint, out var place) || place.Open == 0)
            {
                return null;
            }

            var watch = new Watching(this, endPoint, lost);
            place.Watches.Add(watch);
            return watch;
        }
    }

    private static bool IsProxied(SocketsHttpHandler handler, Uri address)
    {
        var web = address.Scheme is "http" or "https" ? address : new Uri("https://balanced.invalid");
        return handler.UseProxy && (handler.Proxy ?? HttpClient.DefaultProxy).GetProxy(web) is { } proxy && proxy != web;
    }

    private async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        OpenConnection? spare = null;
        lock (_lock)
        {
            if (_places.TryGetValue(context.DnsEndPoint, out var place))
            {
                (spare, place.Spare) = (place.Spare, null);
            }
        }

        if (spare is not null)
        {
            if (await spare.TakeAsync() && IsYoung(spare))
            {
                return spare;
            }

            await spare.DisposeAsync();
        }

        return await DialAsync(context.DnsEndPoint, cancellationToken);
    }

    private bool IsYoung(OpenConnection spare) =>
        _longestSpare == Timeout.InfiniteTimeSpan || _clock.GetElapsedTime(spare.Opened) < _longestSpare;

    private async Task<OpenConnection> DialAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = _timeout == Timeout.InfiniteTimeSpan
            ? null
            : _clock.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), bound, _timeout, Timeout.InfiniteTimeSpan);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, bound.Token);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("A connection could not be established within the configured ConnectTimeout.", e);
            }

            throw;
        }

        lock (_lock)
        {
            if (!_places.TryGetValue(endPoint, out var place))
            {
                _places.Add(endPoint, place = new Place());
            }

            place.Open++;
        }

        return new OpenConnection(socket, endPoint, _clock.GetTimestamp(), Closed);
    }

    private void Closed(DnsEndPoint endPoint)
    {
        Watching[] told = [];
        lock (_lock)
        {
            var place = _places[endPoint];
            if (--place.Open == 0)
            {
                told = [.. place.Watches];
                _places.Remove(endPoint);
            }
        }

        foreach (var watch in told)
        {
            watch.Lost();
        }
    }

    // A spare connection to a server that nobody watches any more would never be taken.
    private void Forget(Watching watch)
    {
        OpenConnection? spare = null;
        lock (_lock)
        {
            if (_places.TryGetValue(watch.EndPoint, out var place) && place.Watches.Remove(watch) && place.Watches.Count == 0)
            {
                (spare, place.Spare) = (place.Spare, null);
            }
        }

        spare?.Dispose();
    }

    private async Task DropWhenClosedAsync(OpenConnection spare)
    {
        if (!await spare.ClosedAsync())
        {
            return;
        }

        lock (_lock)
        {
            if (!_places.TryGetValue(spare.EndPoint, out var place) || place.Spare != spare)
            {
                return;
            }

            place.Spare = null;
        }

        await spare.DisposeAsync();
    }

    private sealed class Place
    {
        public int Open { get; set; }

        public OpenConnection? Spare { get; set; }

        public List<Watching> Watches { get; } = [];
    }

    private sealed class Watching(Connections owner, DnsEndPoint endPoint, Action lost) : IDisposable
    {
        public DnsEndPoint EndPoint => endPoint;

        public void Lost() => lost();

        public void Dispose() => owner.Forget(this);
    }

    private sealed class EndPointComparer : IEqualityComparer<DnsEndPoint>
    {
        public static readonly EndPointComparer Instance = new();

        public bool Equals(DnsEndPoint? x, DnsEndPoint? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && x.Port == y.Port && string.Equals(x.Host, y.Host, StringComparison.OrdinalIgnoreCase));

        public int GetHashCode(DnsEndPoint obj) => HashCode.Combine(obj.Port, StringComparer.OrdinalIgnoreCase.GetHashCode(obj.Host));
    }
}
