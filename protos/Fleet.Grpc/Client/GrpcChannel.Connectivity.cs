using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client.Internal;

namespace Grpc.Net.Client;

/// <summary>Whether there is a connection, and making one before the first call.</summary>
public sealed partial class GrpcChannel
{
    /// <summary>State of the channel's connections. It is Ready as soon as the TCP connection stands.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    public ConnectivityState State => Volatile.Read(ref _disposed) != 0 ? ConnectivityState.Shutdown : Observed.State;

    private Connections Observed => _connections ?? throw new InvalidOperationException(
        "The state of connections is known only of a SocketsHttpHandler without a ConnectCallback; this channel sends through something else.");

    /// <summary>Makes a connection without a call, trying again after the channel's reconnect pauses until it stands; the first call uses it.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the channel was disposed, before there was one.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var connections = Observed;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        var pause = InitialReconnectBackoff;
        while (connections.State != ConnectivityState.Ready)
        {
            if (await TryConnectAsync(connections, ends.Token))
            {
                return;
            }

            await Task.Delay(pause, Clock, ends.Token);
            pause = pause * 1.6 < (MaxReconnectBackoff ?? TimeSpan.MaxValue) ? pause * 1.6 : pause;
        }
    }

    /// <summary>Waits until the state is another than <paramref name="lastObservedState"/>.</summary>
    /// <exception cref="InvalidOperationException">The channel sends through a client or handler that opens its connections itself.</exception>
    public async Task WaitForStateChangedAsync(ConnectivityState lastObservedState, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        try
        {
            await Observed.ChangedFromAsync(lastObservedState, ends.Token);
        }
        catch (OperationCanceledException) when (_shutdown.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The channel was shut down, which is a change of state.
        }
    }

    private async Task<bool> TryConnectAsync(Connections connections, CancellationToken cancellationToken)
    {
        foreach (var endPoint in await _endPoints(cancellationToken))
        {
            try
            {
                await connections.PrepareAsync(endPoint, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                // The state says so; the next address may be there.
            }
        }

        return false;
    }
}
