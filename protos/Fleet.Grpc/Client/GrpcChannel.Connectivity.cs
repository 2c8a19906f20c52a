using Grpc.Core;
using Grpc.Net.Client.Balancer;

namespace Grpc.Net.Client;

/// <summary>Whether there is a connection, and making one before the first call.</summary>
public sealed partial class GrpcChannel
{
    private const string NotObserved =
        "Channel is configured with an HTTP transport doesn't support client-side load balancing or connectivity state tracking. "
        + "The underlying HTTP transport must be a SocketsHttpHandler with no SocketsHttpHandler.ConnectCallback configured, in GrpcChannelOptions.HttpHandler.";

    /// <summary>State of the channel's connections. It is Ready as soon as a TCP connection stands.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    public ConnectivityState State => Observed.State;

    private ConnectionManager Observed => _connections ?? throw new InvalidOperationException(NotObserved);

    /// <summary>Makes a connection without a call, trying again after the channel's reconnect pauses until it stands; the first call uses it.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the channel was disposed, before there was one.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        await Observed.ConnectAsync(ends.Token);
    }

    /// <summary>Waits until the state is another than <paramref name="lastObservedState"/>; shutting down is a change.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    public Task WaitForStateChangedAsync(ConnectivityState lastObservedState, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Observed.WaitForStateChangedAsync(lastObservedState, cancellationToken);
    }

    internal ValueTask<Route> RouteAsync(HttpRequestMessage request, bool waitForReady, CancellationToken cancellationToken) =>
        _connections is null ? default : _connections.PickAsync(request, waitForReady, cancellationToken);
}
