using System.IO.Pipelines;
using System.Net.Sockets;
using Fleet.Serial;
using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Either a link or the reason why not.</summary>
/// <param name="Link">Owned by the caller.</param>
/// <param name="Failure">For a person: what happened and what to do.</param>
/// <param name="Ended">Completes when the line beneath is gone, where the system tells; its result is for a person.</param>
public sealed record TerminalOpened(IZvtLink? Link, string Failure, Task<string>? Ended = null);

/// <summary>Opens the way to the terminal.</summary>
public interface ITerminalOpener
{
    /// <summary>Opens it once. Everything that can be expected to go wrong comes back as a value.</summary>
    Task<TerminalOpened> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>Opens what the configured address names.</summary>
public sealed class TerminalOpener(TerminalOptions options, LineTrace trace, TimeProvider clock) : ITerminalOpener
{
    private static readonly TimeSpan ConnectBound = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public Task<TerminalOpened> OpenAsync(CancellationToken cancellationToken) =>
        TerminalAddress.TryTcp(options.Address, out var host, out var port)
            ? OpenTcpAsync(host, port, cancellationToken)
            : OpenSerialAsync(SerialAddress.Parse(options.Address), cancellationToken);

    private async Task<TerminalOpened> OpenSerialAsync(SerialAddress address, CancellationToken cancellationToken)
    {
        var result = await SerialPorts.OpenAsync(address, new SerialPortOptions { TimeProvider = clock }, cancellationToken);
        return result.IsOpen
            ? new TerminalOpened(new OwnedLink(new ZvtSerialLink(result.Port, LinkOptions, clock), result.Port), string.Empty, EndOfAsync(result.Port))
            : new TerminalOpened(null, result.Failure.ToString());
    }

    private async Task<TerminalOpened> OpenTcpAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var bound = new CancellationTokenSource(ConnectBound, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
            await socket.ConnectAsync(host, port, both.Token);
        }
        catch (Exception exception) when (exception is SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            return new TerminalOpened(null, $"{host}:{port} does not answer ({exception.Message}): check cable, address and that ZVT over TCP is switched on");
        }

        var connection = new SocketPipe(socket);
        return new TerminalOpened(new OwnedLink(new ZvtTcpLink(connection, LinkOptions, clock), connection), string.Empty);
    }

    private static async Task<string> EndOfAsync(ISerialPort port) => (await port.Closed).Detail;

    private ZvtLinkOptions LinkOptions => new() { Timers = options.Timers, Trace = trace };
}

/// <summary>A link that closes what it runs on.</summary>
internal sealed class OwnedLink(IZvtLink link, IAsyncDisposable beneath) : IZvtLink
{
    public bool SentMeansReceived => link.SentMeansReceived;

    public ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken) => link.SendAsync(apdu, cancellationToken);

    public ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken) => link.ReceiveAsync(timeout, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await link.DisposeAsync();
        await beneath.DisposeAsync();
    }
}

/// <summary>A TCP connection as a pair of pipes.</summary>
internal sealed class SocketPipe : IDuplexPipe, IAsyncDisposable
{
    private readonly NetworkStream _stream;

    public SocketPipe(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
