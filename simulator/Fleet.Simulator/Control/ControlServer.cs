using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Control;

/// <summary>
/// Line JSON over a socket: one request a line, one answer a line, in order. Answers are <c>{"ok":true, …}</c> or
/// <c>{"ok":false,"error":"field: what is wrong"}</c>. A line is at most <see cref="MaximumLine"/> bytes; a longer one ends the connection.
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    /// <summary>Longest request in bytes.</summary>
    public const int MaximumLine = 64 * 1024;

    private const int MaximumConnections = 1024;

    private readonly Socket _listener;
    private readonly Func<ControlRequest, CancellationToken, ValueTask<object?>> _serve;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _slots = new(MaximumConnections);
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;

    private ControlServer(ControlAddress address, Socket listener, Func<ControlRequest, CancellationToken, ValueTask<object?>> serve)
    {
        _listener = listener;
        _serve = serve;
        Address = address.Path is null ? address with { Port = ((IPEndPoint)listener.LocalEndPoint!).Port } : address;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was given for 0.</summary>
    public ControlAddress Address { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Where.</param>
    /// <param name="serve">Answers a request with an object whose fields join the answer, or null for none.</param>
    /// <exception cref="IOException">The address is taken or not allowed.</exception>
    public static ControlServer Start(ControlAddress address, Func<ControlRequest, CancellationToken, ValueTask<object?>> serve)
    {
        var listener = address.NewSocket();
        try
        {
            RemoveStale(address);
            listener.Bind(address.EndPoint);
            listener.Listen();
            return new ControlServer(address, listener, serve);
        }
        catch (SocketException refused)
        {
            listener.Dispose();
            throw new IOException($"cannot listen on {address}: {refused.Message}", refused);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] open;
        lock (_lock)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open);
        if (Address.Path is { } path)
        {
            File.Delete(path);
        }

        _stop.Dispose();
        _slots.Dispose();
    }

    /// <summary>A socket file without a listener is what a killed process leaves.</summary>
    private static void RemoveStale(ControlAddress address)
    {
        if (address.Path is null || !File.Exists(address.Path))
        {
            return;
        }

        using var probe = address.NewSocket();
        try
        {
            probe.Connect(address.EndPoint);
        }
        catch (SocketException)
        {
            File.Delete(address.Path);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptAsync(_stop.Token);
                Track(Task.Run(() => ServeAsync(socket), CancellationToken.None));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed: no more connections.
        }
    }

    private void Track(Task connection)
    {
        lock (_lock)
        {
            _connections.Add(connection);
        }

        _ = connection.ContinueWith(
            done =>
            {
                lock (_lock)
                {
                    _connections.Remove(done);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (await NextLineAsync(reader, _stop.Token) is { } line)
            {
                await stream.WriteAsync(await AnswerAsync(line), _stop.Token);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The asker hung up, or we stop: either way there is nobody to answer.
        }
        finally
        {
            await reader.CompleteAsync();
            _slots.Release();
        }
    }

    private async ValueTask<byte[]> AnswerAsync(byte[] line)
    {
        var answer = new JsonObject { ["ok"] = true };
        try
        {
            if (await _serve(ControlRequest.Parse(line), _stop.Token) is { } result)
            {
                foreach (var (name, value) in JsonSerializer.SerializeToNode(result, SimulatorJson.Options)!.AsObject())
                {
                    answer[name] = value?.DeepClone();
                }
            }
        }
        catch (ControlException refused)
        {
            answer = new JsonObject { ["ok"] = false, ["error"] = refused.Message };
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The door of the socket: a fault of one request must not end the simulator.
            answer = new JsonObject { ["ok"] = false, ["error"] = $"{failure.GetType().Name}: {failure.Message}" };
        }

        return [.. JsonSerializer.SerializeToUtf8Bytes(answer, SimulatorJson.Options), (byte)'\n'];
    }

    /// <summary>The next line without its end, or null at the end of the connection or at a line that is too long.</summary>
    internal static async ValueTask<byte[]?> NextLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var end = read.Buffer.PositionOf((byte)'\n');
            if (end is { } position)
            {
                var line = read.Buffer.Slice(0, position).ToArray();
                reader.AdvanceTo(read.Buffer.GetPosition(1, position));
                return line;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.Buffer.Length > MaximumLine)
            {
                return null;
            }
        }
    }
}
