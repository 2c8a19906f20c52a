using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Health;
using Fleet.Agent.Hosting.Control;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Link;
using Fleet.Agent.Tests.Till;
using Fleet.Agent.Tests.Uplink;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Mqtt;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// The real program between a hostile till and a hostile terminal, connected to a real broker, logging all it can: afterwards nothing it
/// wrote or sent holds card data, and neither does the memory of an agent that reads it all again.
/// </summary>
[Platform(Include = "Linux")]
[CancelAfter(180_000)]
public sealed class CardDataTests
{
    private const int TillPatience = 20;

    private readonly TemporaryFolder _folder = new();
    private readonly HostilePeers _peers = new();
    private readonly ConcurrentQueue<byte[]> _payloads = new();
    private readonly ConcurrentQueue<string> _log = new();
    private int _port;

    private string Data => _folder.File("data");

    [OneTimeTearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Run_with_hostile_peers_leaves_no_card_data_in_anything_written(CancellationToken cancellationToken)
    {
        using var authority = new TestAuthority();
        using var broker = new MosquittoBroker(authority);
        Enrol(authority, broker.Port);
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        await using var watcher = await WatchAsync(cancellationToken);
        await using var terminal = new ScriptedTerminal();
        terminal.Always(0x0501, "80 00 00", _peers.Identity());
        terminal.Always(0x0620, "80 00 00", "04 0F 14 27 00 04 00 00 00 00 01 00 0B 00 00 41 87 00 07 88 00 00 07", "06 0F 00");
        byte[] bundle;
        using (var agent = Start(terminal))
        {
            await ReadyAsync(cancellationToken);
            await AskAsync("trace", "on", cancellationToken);
            await MisbehaveAsync(terminal, cancellationToken);
            bundle = await AskAsync("diagnostics", string.Empty, cancellationToken);
            await Eventually.TrueAsync(() => _payloads.Sum(static p => p.Length) > 2_000, "the journal crosses the broker");
            agent.Signal("TERM");
            await agent.ExitAsync(cancellationToken);
        }

        var scan = _peers.Scan();
        var found = new List<string>();
        found.AddRange(Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories).SelectMany(f => scan.Find(Path.GetFileName(f), File.ReadAllBytes(f))));
        found.AddRange(_payloads.SelectMany(p => scan.Find("MQTT payload", p)));
        found.AddRange(_log.SelectMany(line => scan.Find("log", System.Text.Encoding.UTF8.GetBytes(line))));
        found.AddRange(await ScanBundleAsync(scan, bundle));
        found.AddRange(await ScanJournalAsync(scan));
        found.AddRange(await ScanAgainAsync(scan, cancellationToken));

        Assert.That(found.Distinct(StringComparer.Ordinal), Is.Empty, string.Join('\n', found.Take(30)));
    }

    private async Task MisbehaveAsync(ScriptedTerminal terminal, CancellationToken cancellationToken)
    {
        foreach (var script in _peers.Payments())
        {
            terminal.Next(0x0601, script);
            await SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78", cancellationToken);
        }

        foreach (var command in _peers.Commands())
        {
            await SendAsync(command, cancellationToken);
        }

        using var raw = new TcpClient();
        await raw.ConnectAsync(IPAddress.Loopback, _port, cancellationToken);
        await raw.GetStream().WriteAsync(Convert.FromHexString(_peers.Commands().Last()[6..]), cancellationToken);
        var status = await StatusClient.AskAsync(Data, cancellationToken);
        _log.Enqueue(StatusClient.Render(status));
    }

    // Whatever comes of it; a payment that is still being found out about is waited for.
    private async Task SendAsync(string message, CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        await using var till = await ScriptedTill.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        await till.SendAsync(message);
        await till.FollowUntilGoneAsync().WaitAsync(TimeSpan.FromSeconds(TillPatience), TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<byte[]> AskAsync(string verb, string argument, CancellationToken cancellationToken)
    {
        var answer = await ControlClient.TryAskAsync(Data, new ControlRequest(verb, argument, []), TestContext.Error, cancellationToken);
        Assert.That(answer, Is.Not.Null);
        Assert.That(answer!.Text, Does.Not.Contain("is not recorded"));
        return answer.Content;
    }

    private static async Task<List<string>> ScanBundleAsync(CardDataScan scan, byte[] bundle)
    {
        var found = new List<string>();
        await using var archive = new ZipArchive(new MemoryStream(bundle), ZipArchiveMode.Read);
        foreach (var entry in archive.Entries)
        {
            using var text = new MemoryStream();
            await using var part = await entry.OpenAsync(CancellationToken.None);
            await part.CopyToAsync(text, CancellationToken.None);
            found.AddRange(scan.Find("bundle, " + entry.Name, text.ToArray()));
            if (entry.Name == "trace.jsonl")
            {
                Assert.That(System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n').Count(static l => l.Contains("\"apdu\":\"0601", StringComparison.Ordinal)), Is.GreaterThan(5), "the line was recorded");
            }
        }

        Assert.That(archive.Entries.Select(static e => e.Name), Does.Contain("trace.jsonl"));
        return found;
    }

    private async Task<List<string>> ScanJournalAsync(CardDataScan scan)
    {
        await using var journal = SqliteJournal.Open(
            new JournalOptions { DataDirectory = Data }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        var found = new List<string>();
        var run = await journal.ReadAsync(0, int.MaxValue, int.MaxValue, CancellationToken.None);
        var payments = 0;
        foreach (var entry in run.Entries)
        {
            payments += entry.Parse().Transaction is null ? 0 : 1;
            found.AddRange(scan.Find($"entry {entry.Parse().BodyCase}", entry.Bytes));
            found.AddRange(scan.Find($"entry {entry.Parse().BodyCase}", System.Text.Encoding.UTF8.GetBytes(entry.Parse().ToString())));
        }

        await foreach (var (key, value) in journal.ReadStatesAsync(string.Empty, CancellationToken.None))
        {
            found.AddRange(scan.Find($"state {key}", value));
        }

        Assert.That(payments, Is.GreaterThan(5), "the run was one\n" + string.Join('\n', _log));
        return found;
    }

    // Another process reads journal and state, meets a harmless terminal, and has its memory looked at.
    private async Task<List<string>> ScanAgainAsync(CardDataScan scan, CancellationToken cancellationToken)
    {
        await using var terminal = new ScriptedTerminal();
        using var agent = Start(terminal);
        await Eventually.TrueAsync(async () => await LineAsync(cancellationToken) is not (null or "starting"), "the agent is up");
        var found = new List<string>();
        await using var memory = new FileStream($"/proc/{agent.Id}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        foreach (var (from, to) in Writable(await File.ReadAllLinesAsync($"/proc/{agent.Id}/maps", cancellationToken)))
        {
            var bytes = new byte[Math.Min(to - from, 64 * 1024 * 1024)];
            try
            {
                memory.Seek(from, SeekOrigin.Begin);
                var read = await memory.ReadAsync(bytes, cancellationToken);
                found.AddRange(scan.Find("memory of the next agent", bytes.AsMemory(0, read)));
            }
            catch (IOException)
            {
                // Reserved and never touched.
            }
        }

        agent.Signal("TERM");
        await agent.ExitAsync(cancellationToken);
        return found;
    }

    private static IEnumerable<(long From, long To)> Writable(IEnumerable<string> maps) => maps
        .Select(static line => line.Split([' ', '-'], 4))
        .Where(static parts => parts[2].StartsWith("rw", StringComparison.Ordinal))
        .Select(static parts => (long.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), long.Parse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))
        .Where(static range => range.Item1 >= 0 && range.Item2 - range.Item1 < 1L << 31);

    private ChildProcess Start(ScriptedTerminal terminal)
    {
        string[] settings =
        [
            $"terminal.address={terminal.Address}", $"till.endpoint=tcp://127.0.0.1:{_port}", "log.level=debug", "terminal.responseTimeout=1s", "terminal.dialogueTimeout=3s",
            "terminal.reopenMinimum=10ms", "terminal.reopenMaximum=50ms", "terminal.readyPause=20ms", "till.answerTimeout=1s", "uplink.maximumAge=10ms", "till.salesWhileUnresolved=true", "journal.minimumFree=0", "journal.reserve=0",
        ];
        var agent = ChildProcess.Run("dotnet", [typeof(StatusPort).Assembly.Location, "run", "--data", Data, .. settings.SelectMany(static s => new[] { "--set", s })]);
        _ = CopyAsync(agent.Output);
        return agent;
    }

    private async Task CopyAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            _log.Enqueue(line);
        }
    }

    private Task ReadyAsync(CancellationToken cancellationToken) => Eventually.TrueAsync(async () => await LineAsync(cancellationToken) == "ready", "the line is ready");

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await StatusClient.AskAsync(Data, cancellationToken)).Lines.Single(static l => l.Name == "terminal.line").Value;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return null;
        }
    }

    private void Enrol(TestAuthority authority, int port)
    {
        var store = new IdentityStore(Data);
        using var key = store.NextKey();
        var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
        store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1"), port));
    }

    private async Task<MqttClient> WatchAsync(CancellationToken cancellationToken)
    {
        Assert.That(new IdentityStore(Data).TryLoad(out var identity, out var problem), Is.True, problem);
        var options = new MqttClientOptions { Host = "127.0.0.1", Port = identity!.Port, ClientId = "watcher", Tls = LinkTls.ForDevice(identity, identity.Certificate, FleetTime.Built) };
        var ledger = new LedgerTwin();
        MqttClient? watcher = null;
        await Eventually.TrueAsync(
            async () =>
            {
                watcher = new MqttClient(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
                try
                {
                    await watcher.ConnectAsync(cancellationToken);
                    return true;
                }
                catch (MqttConnectException)
                {
                    await watcher.DisposeAsync();
                    return false;
                }
            },
            "the broker is up");
        await watcher!.SubscribeAsync([new MqttSubscription("fleet/v1/lane-1/#")], cancellationToken);
        _ = Task.Run(
            async () =>
            {
                await foreach (var incoming in watcher.Incoming.ReadAllAsync(CancellationToken.None))
                {
                    _payloads.Enqueue(incoming.Message.Payload.ToArray());
                    await watcher.AcknowledgeAsync(incoming, CancellationToken.None);
                    if (incoming.Message.Topic == new LinkTopic(identity.Terminal, LinkChannel.Up).ToString())
                    {
                        var answer = ledger.Take(UplinkBatch.Parser.ParseFrom(incoming.Message.Payload.Span));
                        var topic = new LinkTopic(identity.Terminal, LinkChannel.Ack).ToString();
                        await watcher.PublishAsync(new MqttMessage { Topic = topic, Payload = answer.ToByteArray() }, CancellationToken.None);
                    }
                }
            },
            CancellationToken.None);
        return watcher;
    }
}
