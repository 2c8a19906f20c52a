using System.Net;
using System.Net.Sockets;

namespace Fleet.Agent.Tests.Faults;

/// <summary>Whose bytes they are.</summary>
internal enum CableEnd
{
    Agent,
    Far,
}

/// <summary>A TCP way between the agent and something on the loopback, one connection after the other, that decides about every piece that passes.</summary>
internal abstract class TcpCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<IPEndPoint> _far;
    private readonly int _piece;
    private readonly Task _serving;

    /// <param name="far">Where the far end is, once it is somewhere.</param>
    /// <param name="piece">Most bytes that pass at once.</param>
    protected TcpCable(Func<IPEndPoint> far, int piece)
    {
        (_far, _piece) = (far, piece);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where the agent believes the far end to be.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    /// <summary>A piece of this end has come: true to pass it on, false to end both ways.</summary>
    protected abstract ValueTask<bool> PassesAsync(CableEnd end, CancellationToken cancellationToken);

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var agent = await _listener.AcceptSocketAsync(_stop.Token);
                await JoinAsync(agent);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task JoinAsync(Socket agent)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await far.ConnectAsync(_far(), _stop.Token);
            (agent.NoDelay, far.NoDelay) = (true, true);
            await using NetworkStream here = new(agent), there = new(far);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Task[] ways = [PassAsync(CableEnd.Agent, here, there, ended.Token), PassAsync(CableEnd.Far, there, here, ended.Token)];
            await Task.WhenAny(ways);
            await ended.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // Nobody there, or gone already: the agent tries again.
        }
    }

    private async Task PassAsync(CableEnd end, NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[_piece];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0 && await PassesAsync(end, cancellationToken))
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // One side is gone, and with it the other.
        }
    }
}
