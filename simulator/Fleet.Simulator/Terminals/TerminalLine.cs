using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Fleet.Serial;

namespace Fleet.Simulator.Terminals;

/// <summary>Where tills find a terminal: it hands out one connection after the other.</summary>
internal abstract class TerminalLine : IAsyncDisposable
{
    /// <summary>True where bytes are framed with CRC and ACK.</summary>
    public abstract bool Framed { get; }

    /// <summary>What a till or agent is configured with.</summary>
    public abstract string Name { get; }

    /// <summary>The next connection; waits until there is one.</summary>
    public abstract ValueTask<ILineSession> NextAsync(CancellationToken cancellationToken);

    /// <summary>Takes the terminal off the line, as pulling the cable does.</summary>
    public abstract ValueTask UnplugAsync();

    /// <summary>Puts it back.</summary>
    public abstract void Replug();

    public abstract ValueTask DisposeAsync();

    /// <summary>Opens the line that <paramref name="options"/> name.</summary>
    /// <exception cref="IOException">It cannot be had; the text says why.</exception>
    public static TerminalLine Open(TerminalLineOptions options, TimeProvider time)
    {
        if (options.PtyLink is { } link)
        {
            return OperatingSystem.IsLinux()
                ? new PtyLine(PseudoTerminal.Create(link, new SerialPortOptions { TimeProvider = time }))
                : throw new IOException("pseudo terminals exist on Linux only: use a serial device or TCP");
        }

        return options switch
        {
            { Serial: { } serial } => new DeviceLine(serial, time),
            { TcpPort: { } port } => new TcpLine(port),
            _ => throw new IOException("a terminal needs a line: a pseudo terminal, a serial device or a TCP port"),
        };
    }
}

/// <summary>One connection; disposing it hangs up, where that is possible.</summary>
internal interface ILineSession : IDuplexPipe, IAsyncDisposable;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class PtyLine(PseudoTerminal terminal) : TerminalLine
{
    private readonly SemaphoreSlim _changed = new(0);
    private ISerialPort? _served;

    public override bool Framed => true;

    public override string Name => terminal.Link;

    public override async ValueTask<ILineSession> NextAsync(CancellationToken cancellationToken)
    {
        // A device serves one session: after a power cycle there is a new one.
        while (!terminal.IsPlugged || terminal.Port == _served)
        {
            await _changed.WaitAsync(cancellationToken);
        }

        _served = terminal.Port;
        return new PortSession(_served, owned: false);
    }

    public override ValueTask UnplugAsync() => terminal.UnplugAsync();

    public override void Replug()
    {
        terminal.Replug();
        _changed.Release();
    }

    public override async ValueTask DisposeAsync()
    {
        await terminal.DisposeAsync();
        _changed.Dispose();
    }
}

internal sealed class DeviceLine(SerialAddress address, TimeProvider time) : TerminalLine
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private volatile bool _unplugged;
    private ISerialPort? _port;

    public override bool Framed => true;

    public override string Name => address.ToString();

    public override async ValueTask<ILineSession> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_unplugged)
            {
                var opened = await SerialPorts.OpenAsync(address, new SerialPortOptions { TimeProvider = time }, cancellationToken);
                if (opened.IsOpen)
                {
                    _port = opened.Port;
                    return new PortSession(opened.Port, owned: true);
                }

                // Gone or not yet there is a matter of waiting; anything else is a matter for a person.
                if (opened.Failure.Fault is not (SerialOpenFault.NotFound or SerialOpenFault.Busy or SerialOpenFault.PermissionDenied))
                {
                    throw new IOException(opened.Failure.ToString());
                }
            }

            await Task.Delay(RetryPause, time, cancellationToken);
        }
    }

    public override async ValueTask UnplugAsync()
    {
        _unplugged = true;
        if (_port is { } port)
        {
            await port.DisposeAsync();
        }
    }

    public override void Replug() => _unplugged = false;

    public override ValueTask DisposeAsync() => UnplugAsync();
}

internal sealed class TcpLine : TerminalLine
{
    private readonly IPEndPoint _endPoint;
    private readonly SemaphoreSlim _plugged = new(0);
    private Socket? _listener;
    private Socket? _connection;

    public TcpLine(int port)
    {
        _endPoint = new IPEndPoint(IPAddress.Loopback, port);
        _endPoint = (IPEndPoint)Listen().LocalEndPoint!;
    }

    public override bool Framed => false;

    public override string Name => _endPoint.ToString();

    public override async ValueTask<ILineSession> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_listener is { } listener)
                {
                    _connection = await listener.AcceptAsync(cancellationToken);
                    _connection.NoDelay = true;
                    return new SocketSession(_connection);
                }
            }
            catch (Exception unplugged) when (unplugged is SocketException or ObjectDisposedException)
            {
                // Unplugged while it listened.
            }

            await _plugged.WaitAsync(cancellationToken);
        }
    }

    public override ValueTask UnplugAsync()
    {
        _listener?.Dispose();
        _listener = null;
        _connection?.Dispose();
        return ValueTask.CompletedTask;
    }

    public override void Replug()
    {
        _ = Listen();
        _plugged.Release();
    }

    public override async ValueTask DisposeAsync()
    {
        await UnplugAsync();
        _plugged.Dispose();
    }

    private Socket Listen()
    {
        if (_listener is { } open)
        {
            return open;
        }

        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
            listener.Bind(_endPoint);
            listener.Listen();
        }
        catch (SocketException taken)
        {
            listener.Dispose();
            throw new IOException($"cannot listen on {_endPoint}: {taken.Message}", taken);
        }

        _listener = listener;
        return listener;
    }
}

internal sealed class PortSession(ISerialPort port, bool owned) : ILineSession
{
    public PipeReader Input => port.Input;

    public PipeWriter Output => port.Output;

    public ValueTask DisposeAsync() => owned ? port.DisposeAsync() : ValueTask.CompletedTask;
}

internal sealed class SocketSession : ILineSession
{
    private readonly NetworkStream _stream;

    public SocketSession(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
