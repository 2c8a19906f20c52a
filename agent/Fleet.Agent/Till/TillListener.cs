using System.Net;
using System.Net.Sockets;
using Fleet.Agent.Terminal;
using Fleet.Serial;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>How a till is stopped.</summary>
/// <param name="Soft">No further command is taken.</param>
/// <param name="Hard">The running dialogue is given up.</param>
public readonly record struct TillStop(CancellationToken Soft, CancellationToken Hard);

/// <summary>Takes tills on TCP and on a serial port, for ever.</summary>
public sealed class TillListener(TillOptions options, TerminalOptions terminal, TillDesk desk, TimeProvider clock, ILogger<TillListener> logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<IPEndPoint> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TillPlaces _places = new(options.MaxConnections, logger);
    private int _names;

    /// <summary>The TCP endpoint in use, as soon as it listens.</summary>
    public Task<IPEndPoint> Bound => _bound.Task;

    /// <summary>Serves tills until cancelled; then lets the dialogue that is running come to its end, within the patience of the options.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var hard = new CancellationTokenSource();
        await using var patience = stopping.Register(() => hard.CancelAfter(options.StopPatience));
        List<Task> ways = [];
        if (options.TryEndpoint() is { } endpoint)
        {
            ways.Add(ListenAsync(endpoint, new TillStop(stopping, hard.Token)));
        }

        if (options.SerialPort.Length > 0)
        {
            ways.Add(ServePortAsync(SerialAddress.Parse(options.SerialPort), new TillStop(stopping, hard.Token)));
        }

        await Task.WhenAll(ways);
        await Task.WhenAll(_places.Sessions);
    }

    private async Task ListenAsync(IPEndPoint endpoint, TillStop stop)
    {
        while (!stop.Soft.IsCancellationRequested)
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
                    await AdmitAsync(await socket.AcceptAsync(stop.Soft), stop);
                }
            }
            catch (SocketException exception)
            {
                TillLog.CannotListen(logger, endpoint.ToString(), exception.Message);
                await PauseAsync(stop.Soft);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task AdmitAsync(Socket socket, TillStop stop)
    {
        TillConnection connection;
        try
        {
            socket.NoDelay = true;
            var pipe = new SocketPipe(socket);
            connection = Connection(new OwnedLink(new ZvtTcpLink(pipe, LinkOptions, clock), pipe), socket.RemoteEndPoint?.ToString() ?? "tcp");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            TillLog.Gone(logger, "tcp", exception.Message);
            socket.Dispose();
            return;
        }

        if (!_places.TryTake(connection, () => ServeAsync(connection, stop)))
        {
            await connection.DisposeAsync();
        }
    }

    private async Task ServePortAsync(SerialAddress address, TillStop stop)
    {
        while (!stop.Soft.IsCancellationRequested)
        {
            var opened = await SerialPorts.OpenAsync(address, new SerialPortOptions { TimeProvider = clock }, stop.Soft);
            if (opened.IsOpen)
            {
                await using var connection = Connection(new OwnedLink(new ZvtSerialLink(opened.Port, LinkOptions, clock), opened.Port), address.Device);
                await ServeAsync(connection, stop);
            }
            else
            {
                TillLog.CannotListen(logger, address.Device, opened.Failure.ToString());
            }

            await PauseAsync(stop.Soft);
        }
    }

    private TillConnection Connection(IZvtLink link, string name) => new(link, $"{name}#{Interlocked.Increment(ref _names)}", clock, logger);

    private async Task ServeAsync(TillConnection connection, TillStop stop)
    {
        TillLog.Connected(logger, connection.Name);
        try
        {
            await new TillSession(connection, desk, logger).RunAsync(stop);
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
