using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Line = Fleet.Contracts.Link.V1.HealthReport.Types.Link;

namespace Fleet.Agent.Tests.Health;

public sealed class HealthReporterTests
{
    [Test]
    public async Task Change_is_reported_once_and_the_heartbeat_in_between()
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        var line = new PaperLine();
        var reporter = Reporter(journal, line, world);

        await reporter.ReportAsync(CancellationToken.None);
        await reporter.ReportAsync(CancellationToken.None);
        line.Now.Link = Line.CableOut;
        world.Clock.Advance(TimeSpan.FromSeconds(15));
        await reporter.ReportAsync(CancellationToken.None);
        await reporter.ReportAsync(CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await reporter.ReportAsync(CancellationToken.None);

        var reports = (await JournalWorld.ReadAllAsync(journal)).Where(static e => e.Health is not null).Select(static e => e.Health).ToList();
        Assert.That(reports.Select(static r => r.Link), Is.EqualTo(new[] { Line.Ready, Line.CableOut, Line.CableOut }));
    }

    [Test]
    public async Task Changes_that_follow_fast_are_one_entry_in_each_interval()
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        var line = new PaperLine();
        using var stop = new CancellationTokenSource();
        var running = Reporter(journal, line, world).RunAsync(stop.Token);
        await journal.WaitForEntriesAsync(journal.Position.Epoch, 1, CancellationToken.None);
        for (uint i = 1; i <= 29; i++)
        {
            line.Now.TerminalStatus = i;
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await journal.WaitForEntriesAsync(journal.Position.Epoch, 2, CancellationToken.None);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        Assert.That((await JournalWorld.ReadAllAsync(journal)).Count(static e => e.Health is not null), Is.EqualTo(2));
    }

    [Test]
    public async Task Health_that_is_refused_for_space_is_tried_again()
    {
        await using var world = new JournalWorld();
        world.Configure = static o => new JournalOptions { DataDirectory = o.DataDirectory, ReserveBytes = 0, MinimumFreeBytes = long.MaxValue };
        var journal = world.Open();

        Assert.That(async () => await Reporter(journal, new PaperLine(), world).ReportAsync(CancellationToken.None), Throws.Nothing);

        Assert.That(await JournalWorld.ReadAllAsync(journal), Has.Count.EqualTo(1));
    }

    private static HealthReporter Reporter(ITransactionJournal journal, PaperLine line, JournalWorld world) => new(
        journal, [line], new HealthPace(new HealthOptions(), line, world.Clock), world.Clock, NullLogger<HealthReporter>.Instance);
}
