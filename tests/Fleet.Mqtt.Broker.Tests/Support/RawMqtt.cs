using System.Net.Sockets;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>A client that sends whatever bytes it is told.</summary>
internal sealed class RawMqtt : IDisposable
{
    private readonly Socket _socket;

    private RawMqtt(Socket socket) => _socket = socket;

    public static RawMqtt Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 2000, SendTimeout = 2000 };
        socket.Connect("127.0.0.1", port);
        return new RawMqtt(socket);
    }

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    public RawMqtt Send(string hex)
    {
        Send(Hex(hex));
        return this;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Exactly these bytes come next.</summary>
    public RawMqtt Expect(string hex)
    {
        Assert.That(Convert.ToHexString(Read(Hex(hex).Length)), Is.EqualTo(Convert.ToHexString(Hex(hex))));
        return this;
    }

    /// <summary>Up to <paramref name="length"/> bytes; fewer when the connection ends or nothing comes for two seconds.</summary>
    public byte[] Read(int length)
    {
        var buffer = new byte[length];
        var read = 0;
        while (read < length)
        {
            var count = Receive(buffer.AsSpan(read));
            if (count <= 0)
            {
                break;
            }

            read += count;
        }

        return buffer[..read];
    }

    /// <summary>The broker closes, with nothing more to say.</summary>
    public void ExpectClosed() => Assert.That(Receive(new byte[1]), Is.Zero, "a byte came, or the connection stayed open");

    /// <summary>The connection lives.</summary>
    public void ExpectAlive() => Send("C0 00").Expect("D0 00");

    /// <summary>Bytes received, 0 when the connection is over, -1 when nothing came in time.</summary>
    public int Receive(Span<byte> buffer)
    {
        try
        {
            return _socket.Receive(buffer);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return -1;
        }
    }

    public void Dispose() => _socket.Dispose();
}
