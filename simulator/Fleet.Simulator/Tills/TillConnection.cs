using System.IO.Pipelines;
using System.Net.Sockets;
using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>A connection to the agent.</summary>
internal sealed class TillConnection : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly ZvtTcpLink _link;

    private TillConnection(Socket socket, TillOptions options)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _link = new ZvtTcpLink(new StreamPipe(_stream), new ZvtLinkOptions { Timers = options.Timers }, options.Time);
        Dialogue = new TillDialogue(_link, options.Timers);
    }

    public TillDialogue Dialogue { get; }

    /// <summary>Connects, or returns null where nobody listens.</summary>
    public static async Task<TillConnection?> OpenAsync(TillOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            return new TillConnection(socket, options);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _link.DisposeAsync();
    }

    private sealed class StreamPipe(NetworkStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
