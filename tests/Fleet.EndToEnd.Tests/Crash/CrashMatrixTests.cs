using System.Globalization;
using Fleet.Contracts;
using Fleet.Simulator.Host;
using Fleet.V1;

namespace Fleet.EndToEnd.Tests.Crash;

/// <summary>
/// A real agent on a real journal file is killed with SIGKILL before and after every durable step of everything it does, and started
/// again. The steps are counted by a first run without a death, so the code makes the list. Every name is struck at least once; which
/// of its passages, and in which scenario, changes from day to day. <c>FLEET_CRASH_MATRIX=full</c> strikes all of them, <c>FLEET_CRASH_MATRIX=N</c> takes the
/// passages of day N.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.Children)]
[CancelAfter(900_000)]
internal sealed class CrashMatrixTests
{
    // What comes after the act is over, or after the process has started.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    // Of the steps that another scenario has, too, this part is struck on one day.
    private const int Parts = 2;

    private static int _lanes;
    private Shop _shop = null!;

    private static IReadOnlyList<CrashScenario> Scenarios => CrashScenario.All;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _shop = await Shop.OpenAsync(0, CancellationToken.None);
        _shop.World.Acquirer.Change(static rules => rules with { Declines = [new DeclineRule(CrashScenario.Declined, CrashScenario.Declined, 5)] });
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _shop.DisposeAsync();

    [Test]
    public void Every_kind_of_command_has_its_row() =>
        Assert.That(CommandKinds.All.Select(static row => row.Word), Is.SubsetOf(CrashScenario.All.Select(static s => s.Name)));

    [TestCaseSource(nameof(Scenarios))]
    public async Task Agent_killed_at_every_durable_step_leaves_all_books_equal(CrashScenario scenario, CancellationToken cancellationToken)
    {
        var lane = await OpenLaneAsync(scenario, cancellationToken);
        try
        {
            var points = await CountAsync(lane, scenario, cancellationToken);
            var deaths = Chosen(scenario, points);
            TestContext.Out.WriteLine($"{scenario.Name}: {deaths.Count} of {points.Count} steps: {string.Join(' ', deaths.Select(static d => $"{d.Point}/{d.Passage}"))}");
            Assert.That(deaths, Is.Not.Empty);
            foreach (var death in deaths)
            {
                lane = await ReplacedAsync(lane, scenario, cancellationToken);
                TestContext.Progress.WriteLine($"{scenario.Name} {death}");
                await DieAsync(lane, scenario, death, cancellationToken);
            }

            if (!scenario.EndsTheLane)
            {
                // The four counters are equal, or this is not granted.
                await lane.OrderAsync(Command.Types.Kind.SettleAndLock, cancellationToken);
                await lane.AgreeAsync($"{scenario.Name}: at the end", cancellationToken);
            }
        }
        finally
        {
            await lane.DisposeAsync();
        }
    }

    private async Task<IReadOnlyList<(string Point, int Passage)>> CountAsync(CrashLane lane, CrashScenario scenario, CancellationToken cancellationToken)
    {
        await scenario.Prepare(lane, cancellationToken);
        var before = lane.Passed.Count;
        if (scenario.ActsAtStart)
        {
            await lane.StartAgentAsync(cancellationToken);
        }

        await scenario.Act(lane, cancellationToken);
        if (scenario.ActsAtStart)
        {
            await scenario.Finish(lane, cancellationToken);
        }

        await lane.AgreeAsync($"{scenario.Name}: without a death", cancellationToken);
        var passed = lane.Passed;
        if (!scenario.ActsAtStart)
        {
            await scenario.Finish(lane, cancellationToken);
        }

        return [.. passed.Skip(before).CountBy(static p => p).SelectMany(static p => Enumerable.Range(1, p.Value).Select(k => (p.Key, k)))];
    }

    private static async Task DieAsync(CrashLane lane, CrashScenario scenario, (string Point, int Passage) death, CancellationToken cancellationToken)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"{scenario.Name} died at {death.Point}/{death.Passage}");
        await scenario.Prepare(lane, cancellationToken);
        lane.Arm(death);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (scenario.ActsAtStart)
        {
            lane.LaunchAgent();
        }

        var acting = scenario.Act(lane, stop.Token);
        var dying = lane.DiedAsync(cancellationToken);
        await Task.WhenAny(dying, acting);
        await Task.WhenAny(dying, Task.Delay(scenario.ActsAtStart ? StartPatience : Grace, TimeProvider.System, cancellationToken));
        await stop.CancelAsync();
        await acting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lane.Disarm();
        if (dying.IsCompletedSuccessfully)
        {
            Assert.That(await dying, Is.True, $"{where}: it ended by itself");
        }
        else if (IsHowItHappens(death.Point))
        {
            TestContext.Out.WriteLine($"{where}: not passed this time");
        }
        else
        {
            Assert.Fail($"{where}: it did not die");
        }

        await lane.BuryAgentAsync();
        if (scenario.EndsTheLane)
        {
            lane.LaunchAgent();
        }
        else
        {
            await lane.StartAgentAsync(cancellationToken);
        }

        await scenario.Finish(lane, cancellationToken);
        await lane.AgreeAsync(where, cancellationToken);
    }

    // Written when a line or a terminal happens to be busy for a moment, and not with each payment.
    private static bool IsHowItHappens(string point) => point.Contains("health", StringComparison.Ordinal) || point.StartsWith("last-", StringComparison.Ordinal);

    private async Task<CrashLane> ReplacedAsync(CrashLane lane, CrashScenario scenario, CancellationToken cancellationToken)
    {
        if (!scenario.EndsTheLane)
        {
            return lane;
        }

        await lane.DisposeAsync();
        return await OpenLaneAsync(scenario, cancellationToken);
    }

    private Task<CrashLane> OpenLaneAsync(CrashScenario scenario, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _lanes);
        return CrashLane.OpenAsync(_shop, string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}-{number}"), number, cancellationToken);
    }

    private static IReadOnlyList<(string Point, int Passage)> Chosen(CrashScenario scenario, IReadOnlyList<(string Point, int Passage)> points)
    {
        var choice = Environment.GetEnvironmentVariable("FLEET_CRASH_MATRIX");
        if (choice == "full")
        {
            return points;
        }

        var day = int.TryParse(choice, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : TimeProvider.System.GetUtcNow().DayOfYear;
        var rotation = day + CrashScenario.All.Index().First(s => s.Item == scenario).Index;
        return
        [
            .. points.GroupBy(static p => p.Point, StringComparer.Ordinal).Index()
                .Where(g => !scenario.IsStruckElsewhere(g.Item.Key) || (g.Index + rotation) % Parts == 0)
                .Select(g => g.Item.ElementAt(day % g.Item.Count())),
        ];
    }
}
