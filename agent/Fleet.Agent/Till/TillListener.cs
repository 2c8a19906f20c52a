using System.Net;
using System.Net.Sockets;
using Fleet.Agent.Terminal;
using Fleet.Serial;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>Takes tills on TCP and on a serial port, for ever.</summary>
public sealed class TillListener(TillOptions options, TerminalOptions terminal, TillDesk desk, TimeProvider clock, ILogger<TillListener> logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<IPEndPoint> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _sessions = [];
    private int _names;

    /// <summary>The TCP endpoint in use, as soon as it listens.</summary>
    public Task<IPEndPoint> Bound => _bound.Task;

    /// <summary>Serves tills until cancelled; then waits for the dialogues that are running.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Task> ways = [];
        if (options.TryEndpoint() is { } endpoint)
        {
            ways.Add(ListenAsync(endpoint, cancellationToken));
        }

        if (options.SerialPort.Length > 0)
        {
            ways.Add(ServePortAsync(SerialAddress.Parse(options.SerialPort), cancellationToken));
        }

        await Task.WhenAll(ways);
        Task[] running;
        lock (_lock)
        {
            running = [.. _sessions];
        }

        await Task.WhenAll(running);
    }

    private async Task ListenAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(endpoint);
                socket.Listen(options.MaxConnections);
                var local = (IPEndPoint)socket.LocalEndPoint!;
                TillLog.Listening(logger, local.ToString());
                _bound.TrySetResult(local);
                while (true)
                {
                    Admit(await socket.AcceptAsync(cancellationToken), cancellationToken);
                }
            }
            catch (SocketException exception)
            {
                TillLog.CannotListen(logger, endpoint.ToString(), exception.Message);
                await PauseAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Admit(Socket socket, CancellationToken cancellationToken)
    {
        var name = socket.RemoteEndPoint?.ToString() ?? "tcp";
        lock (_lock)
        {
            if (_sessions.Count >= options.MaxConnections)
            {
                TillLog.TooMany(logger, name, options.MaxConnections);
                socket.Dispose();
                return;
            }

            var session = ServeSocketAsync(socket, name, cancellationToken);
            _sessions.Add(session);
            _ = session.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Forget(Task session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
        }
    }

    private async Task ServeSocketAsync(Socket socket, string name, CancellationToken cancellationToken)
    {
        // The accept loop goes on at once.
        await Task.Yield();
        socket.NoDelay = true;
        var pipe = new SocketPipe(socket);
        await ServeAsync(new OwnedLink(new ZvtTcpLink(pipe, LinkOptions, clock), pipe), name, cancellationToken);
    }

    private async Task ServePortAsync(SerialAddress address, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var opened = await SerialPorts.OpenAsync(address, new SerialPortOptions { TimeProvider = clock }, cancellationToken);
            if (opened.IsOpen)
            {
                await ServeAsync(new OwnedLink(new ZvtSerialLink(opened.Port, LinkOptions, clock), opened.Port), address.Device, cancellationToken);
            }
            else
            {
                TillLog.CannotListen(logger, address.Device, opened.Failure.ToString());
            }

            await PauseAsync(cancellationToken);
        }
    }

    private async Task ServeAsync(IZvtLink link, string name, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _names);
        await using var connection = new TillConnection(link, $"{name}#{number}", clock, logger);
        TillLog.Connected(logger, connection.Name);
        try
        {
            await new TillSession(connection, desk, logger).RunAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(RetryPause, clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
    }

    private ZvtLinkOptions LinkOptions => new() { Timers = terminal.Timers, MaxDataLength = options.MaxCommandLength };
}
