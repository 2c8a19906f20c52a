using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Till;

/// <summary>A till that sends and expects exactly what a test says.</summary>
internal sealed class ScriptedTill : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly NetworkStream _stream;
    private readonly ZvtTcpLink _link;

    private ScriptedTill(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _link = new ZvtTcpLink(new Pipes(_stream), new ZvtLinkOptions(), TimeProvider.System);
    }

    public static async Task<ScriptedTill> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        return new ScriptedTill(socket);
    }

    public async Task SendAsync(string hex) =>
        Assert.That(await _link.SendAsync(Apdu.FromHex(hex), CancellationToken.None), Is.EqualTo(ZvtSendResult.Sent));

    public async Task SendRawAsync(byte[] bytes) => await _stream.WriteAsync(bytes, CancellationToken.None);

    /// <summary>The next message; fails the test when none comes.</summary>
    public async Task<Apdu> NextAsync()
    {
        var received = await _link.ReceiveAsync(Patience, CancellationToken.None);
        Assert.That(received.HasApdu, Is.True, $"a message is expected, {received.Kind} {received.Detail} came");
        return received.Apdu!;
    }

    public async Task ExpectAsync(string hex) => Assert.That(Convert.ToHexString((await NextAsync()).ToArray()), Is.EqualTo(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

    /// <summary>The agent ends the connection.</summary>
    public async Task ExpectEndAsync() => Assert.That((await _link.ReceiveAsync(Patience, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Closed));

    /// <summary>Answers everything positively until 06 0F or 06 1E; returns all that came.</summary>
    public async Task<List<Apdu>> FollowAsync(Func<Apdu, Task<bool>>? before = null)
    {
        var seen = new List<Apdu>();
        while (true)
        {
            var message = await NextAsync();
            seen.Add(message);
            if (before is not null && !await before(message))
            {
                return seen;
            }

            if (!message.IsResponse)
            {
                await SendAsync("80 00 00");
            }
            else if (message.IsNegative)
            {
                return seen;
            }

            if (message.Code is 0x060F or 0x061E)
            {
                return seen;
            }
        }
    }

    /// <summary>The same, but the agent may go away meanwhile.</summary>
    public async Task FollowUntilGoneAsync()
    {
        while (await _link.ReceiveAsync(Patience, CancellationToken.None) is { HasApdu: true, Apdu: var message })
        {
            if (!message!.IsResponse)
            {
                await _link.SendAsync(Apdu.Positive, CancellationToken.None);
            }

            if (message.IsNegative || message.Code is 0x060F or 0x061E)
            {
                return;
            }
        }
    }

    public async Task RegisterAsync(string config = "3E")
    {
        await SendAsync($"06 00 08 00 00 00 {config} 09 78 03 00");
        Assert.That((await FollowAsync())[^1].Code, Is.EqualTo(0x060F));
    }

    public void HangUp() => _stream.Socket.Close(0);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _link.DisposeAsync();
    }

    private sealed class Pipes(NetworkStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
