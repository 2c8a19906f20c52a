using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>A client of MQTT 3.1.1 that costs next to nothing: prepared bytes out, acknowledgements counted by their length.</summary>
internal sealed class LoadConnection : IDisposable
{
    private const int AckLength = 4;

    private readonly Socket _socket;
    private readonly byte[] _batch;
    private readonly int _packetLength;

    private LoadConnection(Socket socket, byte[] packet, int window)
    {
        _socket = socket;
        _packetLength = packet.Length;
        _batch = new byte[packet.Length * window];
        for (var i = 0; i < window; i++)
        {
            packet.CopyTo(_batch, i * packet.Length);
            var id = i + 1;

            // Behind the fixed header of three bytes and the topic.
            var at = (i * packet.Length) + 3 + 2 + packet[4];
            _batch[at] = (byte)(id >> 8);
            _batch[at + 1] = (byte)id;
        }
    }

    public static async Task<LoadConnection> ConnectAsync(int port, string clientId, int window, int payload, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await socket.SendAsync(Connect(clientId), cancellationToken);
        var connAck = new byte[4];
        await FillAsync(socket, connAck, cancellationToken);
        return connAck[3] == 0 ? new LoadConnection(socket, Publish($"up/{clientId}", payload), window) : throw new InvalidOperationException("refused");
    }

    /// <summary>Keeps the window full until <paramref name="cancellationToken"/>; returns the acknowledged messages.</summary>
    public async Task<long> PublishAsync(CancellationToken cancellationToken)
    {
        var received = new byte[64 * 1024];
        var window = _batch.Length / _packetLength;
        long acknowledged = 0;
        var partial = 0;
        var next = 0;
        await _socket.SendAsync(_batch, CancellationToken.None);
        var outstanding = window;
        while (!cancellationToken.IsCancellationRequested)
        {
            var count = await _socket.ReceiveAsync(received, CancellationToken.None);
            if (count == 0)
            {
                throw new InvalidOperationException("The broker closed the connection.");
            }

            var acks = (partial + count) / AckLength;
            partial = (partial + count) % AckLength;
            acknowledged += acks;
            outstanding -= acks;
            for (var left = acks; left > 0;)
            {
                var run = Math.Min(left, window - next);
                await _socket.SendAsync(_batch.AsMemory(next * _packetLength, run * _packetLength), CancellationToken.None);
                next = (next + run) % window;
                left -= run;
                outstanding += run;
            }
        }

        var rest = (outstanding * AckLength) - partial;
        await FillAsync(_socket, new byte[rest], CancellationToken.None);
        return acknowledged;
    }

    public async Task SubscribeAsync(string filter, CancellationToken cancellationToken)
    {
        byte[] topic = Encoding.UTF8.GetBytes(filter);
        await _socket.SendAsync((byte[])[0x82, (byte)(topic.Length + 5), 0, 1, 0, (byte)topic.Length, .. topic, 0], cancellationToken);
        await FillAsync(_socket, new byte[5], cancellationToken);
    }

    /// <summary>Sends one QoS 0 message to <paramref name="topic"/>.</summary>
    public async Task SendAsync(string topic, CancellationToken cancellationToken)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        await _socket.SendAsync((byte[])[0x30, (byte)(name.Length + 2), 0, (byte)name.Length, .. name], cancellationToken);
    }

    /// <summary>Reads one message without payload to <paramref name="topic"/>.</summary>
    public Task ReceiveAsync(string topic, CancellationToken cancellationToken) => FillAsync(_socket, new byte[topic.Length + 4], cancellationToken);

    /// <summary>PINGREQ and its answer.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await _socket.SendAsync((byte[])[0xC0, 0], cancellationToken);
        await FillAsync(_socket, new byte[2], cancellationToken);
    }

    public void Dispose() => _socket.Dispose();

    public static byte[] Connect(string clientId)
    {
        var id = Encoding.ASCII.GetBytes(clientId);
        return [0x10, (byte)(12 + id.Length), 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, (byte)id.Length, .. id];
    }

    private static byte[] Publish(string topic, int payload)
    {
        var name = Encoding.ASCII.GetBytes(topic);
        var body = 2 + name.Length + 2 + payload;
        return [0x32, (byte)(0x80 | (body & 0x7F)), (byte)(body >> 7), 0, (byte)name.Length, .. name, 0, 0, .. new byte[payload]];
    }

    private static async Task FillAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(read), cancellationToken);
            read += count > 0 ? count : throw new InvalidOperationException("The broker closed the connection.");
        }
    }
}
