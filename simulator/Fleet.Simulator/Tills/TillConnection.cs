using System.IO.Pipelines;
using System.Net.Sockets;
using Fleet.Serial;
using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>A connection to the agent, or to a terminal on its serial line.</summary>
internal sealed class TillConnection : IAsyncDisposable
{
    private readonly IAsyncDisposable _wire;

    private TillConnection(IAsyncDisposable wire, IZvtLink link, ZvtTimers timers)
    {
        _wire = wire;
        Link = link;
        Dialogue = new TillDialogue(Link, timers);
    }

    public TillDialogue Dialogue { get; }

    public IZvtLink Link { get; }

    /// <summary>Connects, or returns null where nobody is there.</summary>
    public static ValueTask<TillConnection?> OpenAsync(TillOptions options, CancellationToken cancellationToken) =>
        options.Serial is { } serial ? OpenSerialAsync(options, serial, cancellationToken) : OpenTcpAsync(options, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync();
        await Link.DisposeAsync();
    }

    private static async ValueTask<TillConnection?> OpenSerialAsync(TillOptions options, SerialAddress serial, CancellationToken cancellationToken)
    {
        var opened = await SerialPorts.OpenAsync(serial, new SerialPortOptions { TimeProvider = options.Time }, cancellationToken);
        return opened.IsOpen
            ? new TillConnection(opened.Port, Numbered(new ZvtSerialLink(opened.Port, LinkOptions(options), options.Time), options), options.Timers)
            : null;
    }

    private static async ValueTask<TillConnection?> OpenTcpAsync(TillOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return new TillConnection(stream, Numbered(new ZvtTcpLink(new StreamPipe(stream), LinkOptions(options), options.Time), options), options.Timers);
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

    private static IZvtLink Numbered(IZvtLink link, TillOptions options) => options.MessageIds ? new MessageIdLink(link, options.Time) : link;

    private static ZvtLinkOptions LinkOptions(TillOptions options) => new() { Timers = options.Timers };

    private sealed class StreamPipe(NetworkStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
