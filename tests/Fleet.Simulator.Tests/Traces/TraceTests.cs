using Fleet.Simulator.Commands;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Simulator.Traces;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Traces;

[Platform("Linux")]
[NonParallelizable]
public sealed class TraceTests
{
    [Test]
    public async Task Trace_of_a_run_can_be_replayed_without_a_difference()
    {
        using var folder = new TemporaryFolder();
        var file = await RecordAsync(folder);

        Assert.That(await SimulatorCommandLine.RunAsync(["replay", file], [], Bench.Bound), Is.Zero);
    }

    /// <summary>Cards, wallets, declines and second thoughts come from the trace, not from the seed of its day.</summary>
    [TestCase("run")]
    [TestCase("replay")]
    public async Task Trace_of_any_seed_is_played_again_with_its_customers(string verb)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("day.jsonl");
        using (var trace = new TraceFile(path))
        {
            await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = trace, Seed = 77 });
            await bench.RegisterAsync();
            foreach (var card in new[] { "Alipay", "UnionPay", "VISA" })
            {
                bench.Terminal.Present(card);
                await bench.SellAsync(100);
            }

            bench.Terminal.Faults.DeclineNext(1, 51);
            bench.Terminal.Present("BlueCode");
            await bench.SellAsync(200);
            bench.Terminal.Faults.CancelNext(1);
            await bench.SellAsync(300);
        }

        var (code, output) = await RunAsync(verb, path);

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("no difference"));
    }

    [Test]
    public async Task Replay_names_the_line_that_differs()
    {
        using var folder = new TemporaryFolder();
        var file = await RecordAsync(folder);
        var lines = await File.ReadAllLinesAsync(file);
        var abort = Array.FindIndex(lines, static l => l.Contains("\"apdu\":\"061E01B5\"", StringComparison.Ordinal));
        lines[abort] = lines[abort].Replace("061E01B5", "061E01B4", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(file, lines);

        var (code, output) = await RunAsync("replay", file);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain($"line {abort + 1}:").And.Contain("B4").And.Contain("B5"));
    }

    [Test]
    public async Task Damaged_trace_names_its_line()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("t.jsonl"), "{\"from\":\"somebody\"}\n");

        Assert.That(() => TraceFile.Read(folder.File("t.jsonl")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 1"));
        Assert.That(await SimulatorCommandLine.RunAsync(["replay", folder.File("t.jsonl")], [], Bench.Bound), Is.EqualTo(1));
    }

    [Test]
    public void Card_data_of_a_till_never_reaches_the_screen()
    {
        var wire = new Fleet.Simulator.Ui.WireLog();
        foreach (var hex in new[] { "06 01 10 04 00 00 00 00 12 34 23 F0 F6 99 99 99 99 99 9D", "06 01 05 23 F9 F9 99 99" })
        {
            var apdu = Apdu.FromHex(hex);
            wire.Record(new ZvtTraceEntry(DateTimeOffset.UnixEpoch, ZvtDirection.Received, ZvtTraceKind.Frame, apdu, default));
        }

        var lines = wire.Last(10);

        Assert.That(lines.Select(static l => l.Hex), Has.All.StartsWith("06 01"));
        Assert.That(lines.Select(static l => l.Text + l.Hex), Has.None.Contains("99 99").And.None.Contains("9999"));
        Assert.That(lines[1].Hex, Is.EqualTo("06 01 05"), "of what cannot be read only class, instruction and length");
    }

    [Test]
    public void Acknowledgement_marks_its_frame_and_stands_alone_without_one()
    {
        var wire = new Fleet.Simulator.Ui.WireLog();
        Say(ZvtDirection.Sent, ZvtTraceKind.Frame);
        Say(ZvtDirection.Received, ZvtTraceKind.Ack);
        Say(ZvtDirection.Received, ZvtTraceKind.Ack);

        Assert.That(wire.Last(5).Select(static l => (l.Kind, l.IsAcknowledged)), Is.EqualTo(new[] { (ZvtTraceKind.Frame, true), (ZvtTraceKind.Ack, false) }));

        void Say(ZvtDirection direction, ZvtTraceKind kind) => wire.Record(
            new ZvtTraceEntry(DateTimeOffset.UnixEpoch, direction, kind, kind == ZvtTraceKind.Frame ? Apdu.Positive : null, default));
    }

    [Test]
    public async Task Card_data_of_a_till_never_reaches_the_trace()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("t.jsonl");
        using (var trace = new TraceFile(path))
        {
            await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = trace });

            // Track 2 with digits that belong to no card.
            await bench.Till.RunAsync(Apdu.FromHex("06 01 10 04 00 00 00 00 12 34 23 F0 F6 99 99 99 99 99 9D"), Bench.Bound);
        }

        var text = await File.ReadAllTextAsync(path);
        Assert.That(text, Does.Contain("0601"));
        Assert.That(text, Does.Not.Contain("9999"));
    }

    /// <summary>Status enquiry, repeat receipt and turnover totals are not in its table.</summary>
    private static readonly int[] UnknownToDissector = [StatusEnquiry.MessageCode, RepeatReceipt.MessageCode, SendTotals.MessageCode];

    /// <summary>What other people's dissector makes of our bytes, on the serial line and on TCP.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Dissector_of_wireshark_reads_every_message(bool serial)
    {
        var tshark = Engines.Require("tshark", "apt-get install tshark");
        using var folder = new TemporaryFolder();
        var collector = new Collector();
        await CollectAsync(folder, collector, serial);

        var frames = collector.Entries
            .Where(e => e.Kind == (serial ? ZvtTraceKind.Frame : ZvtTraceKind.Apdu))
            .Where(e => !(serial && HasDoubledByte(e)) && !UnknownToDissector.Contains(e.Apdu!.Code))
            .ToList();
        await File.WriteAllBytesAsync(folder.File("c.pcap"), Pcap.Of(frames, serial));
        var output = await DissectAsync(tshark, folder.File("c.pcap"));

        Assert.Multiple(() =>
        {
            Assert.That(frames, Has.Count.GreaterThan(20));
            Assert.That(output, Does.Not.Contain("Malformed").IgnoreCase);
            Assert.That(output.Split("\nZVT Kassenschnittstelle").Length - 1, Is.EqualTo(frames.Count));
            Assert.That(output, Does.Contain("Registration (0x0600)").And.Contain("Authorisation (0x0601)").And.Contain("Status Information (0x040f)").And.Contain("End Of Day (0x0650)"));
        });
    }

    /// <summary>The dissector does not undouble DLE: such frames are not for it.</summary>
    private static bool HasDoubledByte(ZvtTraceEntry entry) => entry.Raw.Span[2..^4].IndexOf((ReadOnlySpan<byte>)[0x10, 0x10]) >= 0;

    private static async Task CollectAsync(TemporaryFolder folder, IZvtTrace trace, bool serial)
    {
        if (serial)
        {
            await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = trace });
            SetClock(bench.Terminal);
            await TalkAsync(bench.RunAsync);
            return;
        }

        using var host = new Simulator.Host.AcquirerHost(null, new Simulator.Host.HostRules(), TimeProvider.System);
        await using var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = Bench.Tid,
                Host = host,
                StateFile = folder.File("state.json"),
                Line = new TerminalLineOptions { TcpPort = 0 },
                CustomerDelay = TimeSpan.Zero,
                Trace = trace,
            },
            Bench.Bound);
        SetClock(terminal);
        var options = new TillOptions { Name = "t", Port = int.Parse(terminal.LineName.Split(':')[1]) };
        await using var connection = await TillConnection.OpenAsync(options, Bench.Bound);
        await TalkAsync(message => connection!.Dialogue.RunAsync(message.ToApdu(), Bench.Bound));
    }

    /// <summary>A time without the byte 10, which would be doubled in every status information.</summary>
    private static void SetClock(SimulatedTerminalHost terminal) => terminal.Change(static m => m with
    {
        ClockOffset = new DateTimeOffset(2026, 3, 14, 12, 34, 20, TimeSpan.Zero) - TimeProvider.System.GetUtcNow(),
    });

    private static async Task TalkAsync(Func<ZvtMessage, Task<DialogueResult>> say)
    {
        foreach (var message in new ZvtMessage[]
        {
            new Registration(),
            new Authorisation { Amount = 1234, Currency = 978 },
            new Reversal { ReceiptNumber = 1 },
            new Reversal { ReceiptNumber = 77 },
            new Refund { Amount = 5 },
            new RepeatReceipt { ServiceByte = 3 },
            new StatusEnquiry(),
            new Diagnosis(),
            new SendTotals(),
            new EndOfDay(),
        })
        {
            Assert.That((await say(message)).End, Is.Not.EqualTo(DialogueEnd.Lost));
        }
    }

    private static async Task<string> RecordAsync(TemporaryFolder folder)
    {
        var path = folder.File("trace.jsonl");
        using var trace = new TraceFile(path);
        await CollectAsync(folder, trace, serial: false);
        return path;
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var old = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            return (await SimulatorCommandLine.RunAsync(arguments, [], Bench.Bound), output.ToString());
        }
        finally
        {
            Console.SetOut(old);
        }
    }

    private static async Task<string> DissectAsync(string tshark, string file)
    {
        var start = new System.Diagnostics.ProcessStartInfo(
            tshark, ["-r", file, "-V", "-d", "tcp.port==20007,zvt", "-o", "uat:user_dlts:\"User 0 (DLT=147)\",\"zvt\",\"0\",\"\",\"0\",\"\""])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await error;
        return output;
    }

    private sealed class Collector : IZvtTrace
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<ZvtTraceEntry> _entries = new();

        public IEnumerable<ZvtTraceEntry> Entries => _entries;

        public void Record(ZvtTraceEntry entry) => _entries.Enqueue(entry);
    }
}
