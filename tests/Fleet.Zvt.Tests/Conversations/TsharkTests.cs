using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Testing;
using Fleet.Zvt.Tests.Dialogues;

namespace Fleet.Zvt.Tests.Conversations;

/// <summary>An analyser that nobody here wrote reads our captures.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(60_000)]
public sealed class TsharkTests : IZvtTrace
{
    // On TCP the analyser hands on what its own table of commands lacks.
    private static readonly int[] NotDecodedOnTcp = [StatusEnquiry.MessageCode, LogOff.MessageCode, RepeatReceipt.MessageCode];

    private readonly ConcurrentQueue<ZvtTraceEntry> _seen = new();

    public void Record(ZvtTraceEntry entry) => _seen.Enqueue(entry);

    [TestCase(false)]
    [TestCase(true)]
    public async Task Capture_of_a_day_has_no_malformed_packet(bool serial, CancellationToken cancellationToken)
    {
        var tshark = Engines.Require("tshark", "apt-get install tshark");
        var (till, pt) = ShopDay.Links(serial, this);
        await using var tillLink = till;
        await using var ptLink = pt;
        var serving = new PtSession(pt, new ShopTerminal(), new PtSessionOptions(), TimeProvider.System).RunAsync(cancellationToken);
        await ShopDay.RunAsync(till, new RecordingEcr(), cancellationToken);
        await till.DisposeAsync();
        await serving;

        var entries = _seen.Where(static e => e.Kind is ZvtTraceKind.Frame or ZvtTraceKind.Apdu or ZvtTraceKind.Ack).Where(static e => !HasDoubledDle(e)).ToList();
        var capture = new PcapFile(serial);
        entries.ForEach(e => capture.Add(e.Direction == ZvtDirection.Sent, e.Raw.IsEmpty ? [SerialControl.Ack] : e.Raw.Span));
        using var folder = new TemporaryFolder();
        capture.Save(folder.File("day.pcap"));
        string[] decode = serial ? ["-o", "uat:user_dlts:\"User 0 (DLT=147)\",\"zvt\",\"0\",\"\",\"0\",\"\""] : ["-d", "tcp.port==20007,zvt"];
        var lines = await RunAsync(
            tshark,
            ["-r", folder.File("day.pcap"), .. decode, "-T", "fields", "-E", "separator=;", "-e", "_ws.malformed", "-e", "zvt.control_field", "-e", "zvt.ccrc", "-e", "zvt.aprc", "-e", "zvt.length_field"],
            cancellationToken);

        Assert.That(lines, Has.Length.EqualTo(capture.Packets));
        for (var i = 0; i < lines.Length; i++)
        {
            var expected = entries[i].Apdu is not { } apdu ? ";;;;"
                : apdu.IsResponse ? $";;0x{apdu.Class:x2};0x{apdu.Instruction:x2};{apdu.Data.Length}"
                : $";0x{apdu.Code:x4};;;{apdu.Data.Length}";
            var skipped = !serial && NotDecodedOnTcp.Contains(entries[i].Apdu?.Code ?? 0);
            Assert.That(lines[i], Is.EqualTo(skipped ? ";;;;" : expected), $"packet {i + 1}");
        }
    }

    // The analyser does not undouble DLE.
    private static bool HasDoubledDle(ZvtTraceEntry entry) => entry is { Kind: ZvtTraceKind.Frame, Apdu: { } apdu } && apdu.ToArray().Contains(SerialControl.Dle);

    private static async Task<string[]> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(process.ExitCode, Is.Zero, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
