using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.EndToEnd.Tests.Crash;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using CommandKind = Fleet.V1.Command.Types.Kind;

namespace Fleet.EndToEnd.Tests;

/// <summary>
/// The agent as a process whose wall clock is years off and jumps while it works; what the machine has run since its start nobody can set. The
/// clock of everybody else is right.
/// </summary>
[TestFixture]
[CancelAfter(240_000)]
internal sealed class ClockTests
{
    private const string Back = "-20y";
    private const string Forward = "+30y";
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    [Test]
    public async Task Agent_whose_clock_jumps_by_years_keeps_every_book_and_obeys_what_is_valid(CancellationToken cancellationToken)
    {
        if (!File.Exists(Library))
        {
            Engines.Missing("libfaketime is not installed: apt-get install libfaketime");
        }

        await using var shop = await Shop.OpenAsync(0, cancellationToken);
        await using var lane = await CrashLane.OpenAsync(shop, "clock", 1, cancellationToken);
        await lane.SellAsync(500, cancellationToken);
        await lane.AgreeAsync("by the right clock", cancellationToken);
        await lane.BuryAgentAsync();
        var over = await lane.ExportAsync(CommandKind.SyncNow, TimeSpan.FromSeconds(1), cancellationToken);
        var end = TimeProvider.System.GetUtcNow().AddSeconds(1);
        var disable = await lane.ExportAsync(CommandKind.Disable, TimeSpan.FromHours(1), cancellationToken);
        await shop.World.Server.KillAsync();

        // Without a server: an hour is what it was, at every wall clock.
        var clock = Path.Combine(shop.World.Folder, "clock.offset");
        await SetAsync(clock, Back, cancellationToken);
        await lane.StartAgentAsync(cancellationToken, Under(clock));
        await lane.SellAsync(600, cancellationToken);
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() > end, "the first command's validity is over");
        var (code, text) = await lane.ApplyAsync(over, cancellationToken);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(text, Does.Contain("is refused: EXPIRED"));
        await SetAsync(clock, Forward, cancellationToken);
        Assert.That((await lane.ApplyAsync(disable, cancellationToken)).ExitCode, Is.Zero);
        await GateAsync(lane, "disabled", cancellationToken);

        // With one: it is reached over TLS, told everything, and tells the time.
        await SetAsync(clock, Back, cancellationToken);
        await shop.World.Server.StartAsync(cancellationToken);
        await lane.CommandSucceedsAsync(cancellationToken);
        await lane.OrderAsync(CommandKind.Enable, cancellationToken);
        await GateAsync(lane, "allowed", cancellationToken);
        for (var sale = 0; sale < 4; sale++)
        {
            await SetAsync(clock, sale % 2 == 0 ? Forward : Back, cancellationToken);
            await lane.SellAsync(700 + sale, cancellationToken);
        }

        await lane.AgreeAsync("with the clock years back", cancellationToken);
        await StatusSaysAsync(lane, "+", cancellationToken);
        await lane.BuryAgentAsync();
        await SetAsync(clock, Forward, cancellationToken);
        await lane.StartAgentAsync(cancellationToken, Under(clock));
        await lane.SellAsync(800, cancellationToken);
        await StatusSaysAsync(lane, "-", cancellationToken);
        await lane.OrderAsync(CommandKind.SettleAndLock, cancellationToken);
        await lane.AgreeAsync("with the clock years ahead", cancellationToken);
        await lane.BuryAgentAsync();

        await ShowWhenItWasAsync(lane.DataFolder, cancellationToken);
    }

    // What an entry tells of the two clocks gives the true time, whatever the wall clock was; the order is that of the sequence.
    private static async Task ShowWhenItWasAsync(string folder, CancellationToken cancellationToken)
    {
        await using var journal = SqliteJournal.Open(
            new JournalOptions { DataDirectory = folder }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        var entries = (await journal.ReadAsync(0, 10_000, int.MaxValue, cancellationToken)).Entries.Select(static e => e.Parse()).ToList();
        var now = TimeProvider.System.GetUtcNow();
        var sales = entries.Where(static e => e.Transaction is { Outcome: TransactionOutcome.Approved }).ToList();
        Assert.That(sales.Select(static e => e.Transaction.Amount.MinorUnits), Is.EqualTo(new[] { 500L, 600, 700, 701, 702, 703, 800 }));
        foreach (var stamp in sales.Skip(1).Select(static e => e.Stamp))
        {
            var wall = DateTimeOffset.UnixEpoch.AddMicroseconds(stamp.WallUnixMicros);
            Assert.That((wall - now).Duration(), Is.GreaterThan(TimeSpan.FromDays(19 * 365)), "the wall clock is kept as it was");
            Assert.That(wall.AddMicroseconds(stamp.ServerOffsetMicros), Is.EqualTo(now).Within(TimeSpan.FromMinutes(5)));
        }

        Assert.That(entries.Select(static e => e.Stamp.MonotonicMicros), Is.Ordered);
        Assert.That(entries.Count(static e => e.Alarm?.Code == "CLOCK_SKEW"), Is.Positive);
    }

    private static Dictionary<string, string> Under(string clock) => new(StringComparer.Ordinal)
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = clock,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
    };

    // In one move: the clock is read at every look.
    private static async Task SetAsync(string clock, string offset, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(clock + ".new", offset + "\n", cancellationToken);
        File.Move(clock + ".new", clock, overwrite: true);
    }

    private static Task GateAsync(CrashLane lane, string state, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () => Value(await lane.StatusAsync(cancellationToken), "gate.state").StartsWith(state, StringComparison.Ordinal), $"the gate is {state}");

    private static Task StatusSaysAsync(CrashLane lane, string sign, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () =>
        {
            var status = await lane.StatusAsync(cancellationToken);
            return Value(status, "link.state") == "connected"
                && status.Lines.Single(static l => l.Name == "agent.certificate").Level == StatusLevel.Good
                && status.Lines.SingleOrDefault(static l => l.Name == "clock.offset") is { Level: StatusLevel.Attention } offset
                && offset.Value.StartsWith(sign, StringComparison.Ordinal) && offset.NextStep.Contains("Set this computer's clock", StringComparison.Ordinal);
        },
        "the status is clear about the clock");

    private static string Value(StatusDocument status, string name) => status.Lines.Single(l => l.Name == name).Value;
}
