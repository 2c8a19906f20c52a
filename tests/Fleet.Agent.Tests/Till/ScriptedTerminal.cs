using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Till;

/// <summary>
/// A terminal over TCP that says exactly what a test wants. Registration, status enquiry and repeat receipt work as long as the test
/// does not want otherwise; each command is answered by the messages of its script, in order, and the ECR's answers are kept.
/// </summary>
internal sealed class ScriptedTerminal : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, ConcurrentQueue<string[]>> _next = new();
    private readonly ConcurrentDictionary<int, string[]> _always = new();
    private readonly Task _serving;

    public ScriptedTerminal()
    {
        Always(0x0600, "80 00 00", "06 0F 0A 19 00 29 29 00 12 34 49 09 78");
        Always(0x0501, "80 00 00", "06 0F 01 00");
        Always(0x0620, "80 00 00", "06 1E 01 64");
        Always(0x0610, "84 83 00");
        Always(0x0623, "80 00 00", "06 1E 04 B8 87 FF FF");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Everything the ECR said.</summary>
    public ConcurrentQueue<Apdu> Heard { get; } = new();

    /// <summary>
    /// The script of every command of this code. A line that says <c>close</c> ends the connection; <c>cut:HEX</c> sends these bytes, whatever
    /// they are, and then does.
    /// </summary>
    public void Always(int code, params string[] script) => _always[code] = script;

    /// <summary>The script of the next command of this code only.</summary>
    public void Next(int code, params string[] script) => _next.GetOrAdd(code, static _ => new()).Enqueue(script);

    public int Count(int code) => Heard.Count(a => a.Code == code);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                await using var link = new ZvtTcpLink(new Pipes(client.GetStream()), new ZvtLinkOptions(), TimeProvider.System);
                await ConverseAsync(link, client.GetStream());
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ConverseAsync(ZvtTcpLink link, NetworkStream stream)
    {
        while (await link.ReceiveAsync(Timeout.InfiniteTimeSpan, _stop.Token) is { HasApdu: true, Apdu: var command })
        {
            Heard.Enqueue(command!);
            if (command!.IsResponse)
            {
                continue;
            }

            var script = _next.TryGetValue(command.Code, out var queue) && queue.TryDequeue(out var once) ? once : _always.GetValueOrDefault(command.Code, ["84 83 00"]);
            foreach (var line in script)
            {
                if (line == "close")
                {
                    return;
                }

                if (line.StartsWith("cut:", StringComparison.Ordinal))
                {
                    await stream.WriteAsync(Convert.FromHexString(line["cut:".Length..]), _stop.Token);
                    return;
                }

                var message = Apdu.FromHex(line);
                await link.SendAsync(message, _stop.Token);
                if (message.IsResponse)
                {
                    continue;
                }

                var answer = await link.ReceiveAsync(TimeSpan.FromSeconds(5), _stop.Token);
                if (!answer.HasApdu)
                {
                    return;
                }

                Heard.Enqueue(answer.Apdu!);
            }
        }
    }

    private sealed class Pipes(NetworkStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
