using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.Json;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Control;

/// <summary>Asks a <see cref="ControlServer"/>. One request at a time; connects when it has to.</summary>
public sealed class ControlClient(ControlAddress address) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private NetworkStream? _stream;
    private PipeReader? _reader;

    /// <summary>Sends a request and returns the fields of the answer.</summary>
    /// <exception cref="ControlException">The other side refused, with its words.</exception>
    /// <exception cref="SocketException">Nobody listens there: the request was not sent.</exception>
    /// <exception cref="IOException">The connection ended under way: the request may have been served.</exception>
    public async ValueTask<JsonElement> AskAsync(object request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ConnectAsync(cancellationToken);
            await _stream!.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(request, SimulatorJson.Options), (byte)'\n'], cancellationToken);
            var line = await ControlServer.NextLineAsync(_reader!, cancellationToken) ?? throw new IOException("the connection ended");
            return Read(line);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // The answer of a request that was given up must not be taken for the answer of the next one.
            Drop();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Drop();
        _turn.Dispose();
    }

    private static JsonElement Read(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        var answer = document.RootElement.Clone();
        return answer.GetProperty("ok").GetBoolean()
            ? answer
            : throw new ControlException(answer.GetProperty("error").GetString()!);
    }

    private async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        if (_stream is { } open && !Ended(open.Socket))
        {
            return;
        }

        Drop();
        var socket = address.NewSocket();
        try
        {
            await socket.ConnectAsync(address.EndPoint, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
    }

    private static bool Ended(Socket socket) => socket.Poll(0, SelectMode.SelectRead);

    private void Drop()
    {
        _stream?.Dispose();
        _stream = null;
        _reader = null;
    }
}
