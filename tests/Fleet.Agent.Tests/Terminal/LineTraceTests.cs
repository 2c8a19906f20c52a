using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Till;
using Fleet.Simulator.Commands;
using Fleet.Testing;
using Fleet.Zvt;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Terminal;

/// <summary>The recording of the line to the terminal.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class LineTraceTests
{
    [Test]
    public async Task Trace_of_a_shops_hour_is_played_again_without_a_difference()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        Assert.That(await lane.Agent!.Trace.BeginAsync(CancellationToken.None), Is.Null);
        await lane.SellAsync(1234);
        lane.Terminal.Faults.DeclineNext(1, 51);
        await lane.SellAsync(500);
        await lane.SellAsync(700);
        await lane.SettleDownAsync();
        await lane.Agent.Trace.EndAsync(CancellationToken.None);
        await lane.SellAsync(900);
        await lane.SettleDownAsync();

        var lines = Read(lane.TraceSettings);
        var commands = lines.Where(static l => l.From == TraceLine.Till && l.Apdu is { } hex && !hex.StartsWith('8')).Select(static l => l.Apdu![..4]).ToList();
        Assert.That(commands[0], Is.EqualTo("0600"), "it begins with the registration in force");
        Assert.That(commands.Count(static c => c == "0601"), Is.EqualTo(3), "what came before and after is not in it");
        Assert.That(await SimulatorCommandLine.RunAsync(["replay", lane.Agent.Trace.Path], [], CancellationToken.None), Is.Zero);
    }

    [Test]
    public async Task Trace_that_begins_inside_a_payment_on_a_disturbed_line_can_be_played_again()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Differs = static d => d with { CustomerDelay = TimeSpan.FromSeconds(1) });
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        var selling = lane.SellAsync(1234);
        await Eventually.TrueAsync(() => lane.Journal.Entries.Count(static e => e.Intent is not null) == 2, "the payment runs");
        await lane.Agent!.Trace.BeginAsync(CancellationToken.None);
        await selling;
        lane.Terminal.LineFaults.Arm(Simulator.Faults.LineFault.DropAck, 1);
        await lane.SellAsync(700);
        await lane.SettleDownAsync();
        await lane.Agent.Trace.EndAsync(CancellationToken.None);

        Assert.That(Read(lane.TraceSettings).Count(static l => l.Apdu?.StartsWith("040F", StringComparison.Ordinal) == true), Is.GreaterThanOrEqualTo(2), "the rest of the payment is recorded");
        Assert.That(await SimulatorCommandLine.RunAsync(["replay", lane.Agent.Trace.Path], [], CancellationToken.None), Is.Zero);
    }

    [Test]
    public async Task Files_stay_below_the_bound_and_each_begins_with_the_registration()
    {
        using var world = new TraceWorld(static o => o.MaximumBytes = 64 * 1024);
        world.Register();
        await world.Trace.BeginAsync(CancellationToken.None);
        for (var amount = 0; amount < 500; amount++)
        {
            world.Pass($"06 01 0A 04 00 00 00 00 {amount / 100:00} {amount % 100:00} 49 09 78");
            if (amount % 50 == 0)
            {
                await world.Trace.ReadAsync(1, CancellationToken.None);
            }
        }

        await world.Trace.EndAsync(CancellationToken.None);
        var files = Directory.GetFiles(world.Options.Folder);
        Assert.That(files, Has.Length.EqualTo(2));
        Assert.That(files.Sum(static f => new FileInfo(f).Length), Is.LessThanOrEqualTo(64 * 1024));
        Assert.That(files.Select(static f => TraceLine.FromJson(File.ReadLines(f).First()).Apdu), Has.All.StartsWith("0600"));
        Assert.That(await world.Trace.ReadAsync(int.MaxValue, CancellationToken.None), Does.Contain("0601"));
        Assert.That(TraceLine.FromJson((await world.Trace.ReadAsync(1000, CancellationToken.None)).Split('\n')[0]).From, Is.EqualTo(TraceLine.Till), "whole lines");
    }

    [Test]
    public async Task Trace_that_nobody_ends_ends_by_itself_and_its_file_goes_later()
    {
        using var world = new TraceWorld(static o => o.MaximumAge = TimeSpan.FromHours(1));
        using var stop = new CancellationTokenSource();
        var running = world.Trace.RunAsync(stop.Token);
        await world.Trace.BeginAsync(CancellationToken.None);
        world.Pass("06 01 07 04 00 00 00 00 12 34");
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.That(world.Trace.Since, Is.Not.Null);
        await Eventually.TrueAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                return world.Trace.Since is null;
            },
            "it has ended");
        Assert.That(File.Exists(world.Trace.Path), Is.True);
        File.SetLastWriteTimeUtc(world.Trace.Path, (world.Clock.GetUtcNow() - TimeSpan.FromHours(2)).UtcDateTime);
        await Eventually.TrueAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                return !File.Exists(world.Trace.Path);
            },
            "the file is gone");
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Test]
    public async Task Folder_that_cannot_be_written_is_said_and_the_line_goes_on()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("trace"), "no folder");
        using var world = new TraceWorld(o => o.Folder = folder.File("trace"));

        Assert.That(await world.Trace.BeginAsync(CancellationToken.None), Is.Not.Empty);
        Assert.That(world.Trace.Since, Is.Null);
        Assert.That(() => world.Pass("06 01 07 04 00 00 00 00 12 34"), Throws.Nothing);
    }

    [Test]
    public async Task Lines_that_nobody_writes_in_time_are_counted_and_not_kept()
    {
        using var world = new TraceWorld(static _ => { });
        await world.Trace.BeginAsync(CancellationToken.None);
        for (var i = 0; i < 5000; i++)
        {
            world.Pass("06 50 03 00 00 00");
        }

        Assert.That(await world.Trace.ReadAsync(int.MaxValue, CancellationToken.None), Does.Contain($"{5000 - 4096} lines were not recorded"));
    }

    [Test]
    public async Task Card_data_is_gone_before_a_line_is_made()
    {
        using var world = new TraceWorld(static _ => { });
        var pan = MadeUpCard.Number("516830", "7318");
        await world.Trace.BeginAsync(CancellationToken.None);
        world.Pass("06 01 12 04 00 00 00 00 12 34 22 F0 F8 " + pan);
        world.Pass("06 01 09 23 F0 F6 99 99 99 99 99 9D");
        world.Pass("06 99 08 " + pan);

        Assert.That(await world.Trace.ReadAsync(int.MaxValue, CancellationToken.None), Does.Contain("516830EEEEEE7318").And.Not.Contain(pan).And.Not.Contain("9999"));
    }

    [Test]
    public void Bounds_that_make_no_sense_are_faults() => Assert.That(
        new TraceOptions { MaximumBytes = 1, MaximumAge = TimeSpan.Zero }.Faults(), Has.Exactly(1).StartWith("trace.maximumSize:").And.Exactly(1).StartWith("trace.maximumAge:"));

    private static List<TraceLine> Read(TraceOptions options) => [.. TraceFolder.Read(options, int.MaxValue).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(TraceLine.FromJson)];

    private sealed class TraceWorld : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public TraceWorld(Action<TraceOptions> differs)
        {
            Options = new TraceOptions { Folder = _folder.File("files") };
            differs(Options);
            Trace = new LineTrace(Options, Clock, NullLogger<LineTrace>.Instance);
        }

        public TestClock Clock { get; } = new();

        public TraceOptions Options { get; }

        public LineTrace Trace { get; }

        public void Pass(string hex, ZvtDirection direction = ZvtDirection.Sent) =>
            Trace.Record(new ZvtTraceEntry(Clock.GetUtcNow(), direction, ZvtTraceKind.Apdu, Apdu.FromHex(hex), default));

        public void Register()
        {
            Pass("06 00 06 00 00 00 BE 09 78");
            Pass("80 00 00", ZvtDirection.Received);
            Pass("06 0F 0A 19 00 29 29 00 12 34 49 09 78", ZvtDirection.Received);
            Pass("80 00 00");
        }

        public void Dispose()
        {
            Trace.Dispose();
            _folder.Dispose();
        }
    }
}
