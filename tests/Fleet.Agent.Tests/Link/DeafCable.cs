using System.Net;
using System.Net.Sockets;

namespace Fleet.Agent.Tests.Link;

/// <summary>A TCP way to the server on which, for a while, nothing comes back: what the server says is held and delivered afterwards.</summary>
internal sealed class DeafCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _server;
    private readonly Task _serving;
    private readonly Lock _lock = new();
    private TaskCompletionSource _hears = Heard();

    /// <param name="server">Port of the server on the loopback.</param>
    public DeafCable(int server)
    {
        _server = server;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _serving = ServeAsync();
    }

    /// <summary>Where the client believes the server to be.</summary>
    public int Port { get; }

    /// <summary>Nothing comes back.</summary>
    public bool IsDeaf
    {
        get => !Hears().IsCompleted;
        set
        {
            lock (_lock)
            {
                if (value && _hears.Task.IsCompleted)
                {
                    _hears = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
                else if (!value)
                {
                    _hears.TrySetResult();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource Heard()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        heard.SetResult();
        return heard;
    }

    private Task Hears()
    {
        lock (_lock)
        {
            return _hears.Task;
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await JoinAsync(client);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task JoinAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
        }
        catch (SocketException)
        {
            // Nobody there yet: the client tries again.
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task[] ways = [PassAsync(client, server, static () => Task.CompletedTask, ended.Token), PassAsync(server, client, Hears, ended.Token)];
        await Task.WhenAny(ways);
        await ended.CancelAsync();
        await Task.WhenAll(ways);
    }

    private static async Task PassAsync(TcpClient from, TcpClient to, Func<Task> mayPass, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, cancellationToken)) > 0)
            {
                await mayPass().WaitAsync(cancellationToken);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // One side is gone, and with it the other.
        }
    }
}
