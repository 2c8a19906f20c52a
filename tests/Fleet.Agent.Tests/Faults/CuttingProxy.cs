using System.Net;
using System.Net.Sockets;

namespace Fleet.Agent.Tests.Faults;

/// <summary>A cable with a knife: passes bytes between agent and terminal, and cuts both ways after so many bytes of the agent.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _terminal;
    private readonly Task _serving;
    private int _left = int.MaxValue;

    public CuttingProxy(string terminal)
    {
        _terminal = new Uri(terminal);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>True when the armed cut has been made.</summary>
    public bool IsCut => Volatile.Read(ref _left) == int.MaxValue;

    /// <summary>Passes so many bytes of the agent more, and then cuts.</summary>
    public void CutAfter(int bytes) => Volatile.Write(ref _left, bytes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
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
                using var terminal = new TcpClient();
                await terminal.ConnectAsync(_terminal.Host, _terminal.Port, _stop.Token);
                (agent.NoDelay, terminal.NoDelay) = (true, true);
                await Task.WhenAny(PassAsync(agent, terminal, isAgent: true), PassAsync(terminal, agent, isAgent: false));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, bool isAgent)
    {
        var buffer = new byte[1];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) > 0)
            {
                if (isAgent && Volatile.Read(ref _left) is not int.MaxValue and var left)
                {
                    if (left == 0)
                    {
                        return;
                    }

                    Volatile.Write(ref _left, left - 1);
                }

                await to.GetStream().WriteAsync(buffer, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side is gone.
        }
        finally
        {
            if (isAgent && Volatile.Read(ref _left) == 0)
            {
                Volatile.Write(ref _left, int.MaxValue);
            }
        }
    }
}
