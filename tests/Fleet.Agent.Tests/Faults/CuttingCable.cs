using System.Net;
using System.Net.Sockets;

namespace Fleet.Agent.Tests.Faults;

/// <summary>Whose bytes a cut counts.</summary>
internal enum CableEnd
{
    Agent,
    Terminal,
}

/// <summary>A cable with a knife: passes bytes between agent and terminal one by one, and ends both ways where it is told.</summary>
internal sealed class CuttingCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<IPEndPoint> _terminal;
    private readonly Task _serving;
    private readonly Lock _lock = new();
    private readonly int[] _passed = new int[2];
    private (CableEnd Of, int Left)? _cut;

    /// <param name="terminal">Where the terminal is, once it is somewhere.</param>
    public CuttingCable(Func<IPEndPoint> terminal)
    {
        _terminal = terminal;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where the agent believes the terminal to be.</summary>
    public string Address => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>True while a cut is still to be made.</summary>
    public bool IsArmed
    {
        get
        {
            lock (_lock)
            {
                return _cut is not null;
            }
        }
    }

    /// <summary>Bytes that came from this end so far.</summary>
    public int Passed(CableEnd end)
    {
        lock (_lock)
        {
            return _passed[(int)end];
        }
    }

    /// <summary>Passes so many bytes of this end more; the one behind them and everything after it is lost.</summary>
    public void CutAfter(CableEnd end, int bytes)
    {
        lock (_lock)
        {
            _cut = (end, bytes);
        }
    }

    /// <summary>Leaves the cable whole.</summary>
    public void Disarm()
    {
        lock (_lock)
        {
            _cut = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var agent = await _listener.AcceptTcpClientAsync(_stop.Token);
                await JoinAsync(agent);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task JoinAsync(TcpClient agent)
    {
        using var terminal = new TcpClient();
        try
        {
            await terminal.ConnectAsync(_terminal(), _stop.Token);
        }
        catch (SocketException)
        {
            // Nobody there: the agent tries again.
            return;
        }

        (agent.NoDelay, terminal.NoDelay) = (true, true);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task[] ways = [PassAsync(CableEnd.Agent, agent, terminal, ended.Token), PassAsync(CableEnd.Terminal, terminal, agent, ended.Token)];
        await Task.WhenAny(ways);
        await ended.CancelAsync();
        await Task.WhenAll(ways);
    }

    private async Task PassAsync(CableEnd end, TcpClient from, TcpClient to, CancellationToken cancellationToken)
    {
        var buffer = new byte[1];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, cancellationToken) > 0 && Passes(end))
            {
                await to.GetStream().WriteAsync(buffer, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // One side is gone, and with it the other.
        }
    }

    private bool Passes(CableEnd end)
    {
        lock (_lock)
        {
            if (_cut is { } cut && cut.Of == end)
            {
                _cut = cut.Left == 0 ? null : (end, cut.Left - 1);
                if (cut.Left == 0)
                {
                    return false;
                }
            }

            _passed[(int)end]++;
            return true;
        }
    }
}
