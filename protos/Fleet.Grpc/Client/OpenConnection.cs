using System.Net;
using System.Net.Sockets;

namespace Grpc.Net.Client.Internal;

/// <summary>A connection to a server: tells when it is closed, and whether it still stands when a request takes it.</summary>
/// <param name="socket">Connected.</param>
/// <param name="endPoint">The server.</param>
/// <param name="opened">Timestamp of its beginning.</param>
/// <param name="closed">Hears once of its end.</param>
internal sealed class OpenConnection(Socket socket, DnsEndPoint endPoint, long opened, Action<DnsEndPoint> closed)
    : NetworkStream(socket, ownsSocket: true)
{
    private readonly CancellationTokenSource _taken = new();
    private Task<bool> _closing = Task.FromResult(false);
    private int _closed;

    public DnsEndPoint EndPoint => endPoint;

    public long Opened => opened;

    /// <summary>Waits as long as nobody takes it; true if the server closed it meanwhile. Nobody else reads it then.</summary>
    public Task<bool> ClosedAsync() => _closing = WaitAsync();

    /// <summary>A request takes it; false if the server has closed it.</summary>
    public async Task<bool> TakeAsync()
    {
        await _taken.CancelAsync();
        return !await _closing;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _taken.Cancel();
            closed(endPoint);
        }
    }

    // A server may speak first: bytes alone are no end, and from then on only its age tells.
    private async Task<bool> WaitAsync()
    {
        try
        {
            await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, _taken.Token);
            return Socket.Available == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
