using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Till;

/// <summary>
/// The agent dies at every point that the code itself names, one after the other, and is started again on what was durable. The points
/// are counted by a first run without a death.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class CrashMatrixTests
{
    private const int MostPoints = 80;

    private static readonly Dictionary<string, Scenario> Scenarios = new(StringComparer.Ordinal)
    {
        ["sale"] = new(Nothing, static (lane, stop) => lane.Till.SellAsync(1234, stop, CancellationToken.None)),
        ["decline"] = new(Nothing, static (lane, stop) => lane.Till.SellAsync(1005, stop, CancellationToken.None)),
        ["reversal"] = new(Nothing, static (lane, stop) => lane.Till.ReverseAsync(lane.Till.Books.Payments[0], stop, CancellationToken.None)),
        ["refund"] = new(Nothing, static (lane, stop) => lane.Till.RefundAsync(300, stop, CancellationToken.None)),
        ["end-of-day"] = new(Nothing, static (lane, _) => EndOfDayAsync(lane)),
        ["recovery"] = new(CutOffAsync, static (lane, _) => RecoverAsync(lane)),
    };

    // Every kind of command the agent can execute, by the code's own list.
    static CrashMatrixTests()
    {
        foreach (var row in CommandKinds.All)
        {
            Func<LaneWorld, Task> prepare = row.Kind switch
            {
                CommandKind.Enable => DisableAsync,
                CommandKind.SetClock => static lane => lane.HeartbeatAsync(),
                _ => Nothing,
            };
            Scenarios.Add(row.Word, new(prepare, (lane, _) => OrderAsync(lane, row.Kind)) { Command = row });
        }
    }

    private sealed record Scenario(Func<LaneWorld, Task> Prepare, Func<LaneWorld, CancellationToken, Task> Act)
    {
        public CommandKindRow? Command { get; init; }
    }

    [TestCaseSource(nameof(Names))]
    public async Task Death_at_every_point_loses_nothing_and_doubles_nothing(string scenario)
    {
        var points = await RunAsync(scenario, diesAt: null);
        TestContext.Out.WriteLine($"{scenario}: {points.Count} points: {string.Join(' ', points)}");
        Assert.That(points, Is.Not.Empty.And.Count.LessThan(MostPoints));
        for (var n = 1; n <= points.Count; n++)
        {
            await RunAsync(scenario, n);
        }
    }

    private static IEnumerable<string> Names => Scenarios.Keys;

    private static async Task<IReadOnlyList<string>> RunAsync(string name, int? diesAt)
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Host.Change(static r => r with { Declines = [new Simulator.Host.DeclineRule(1005, 1005, 5)] }));
        await lane.SellAsync(500);
        await lane.ReadyAsync();
        var scenario = Scenarios[name];
        await scenario.Prepare(lane);
        lane.NextDeath = diesAt;
        if (!lane.Agent!.Death.IsDead)
        {
            lane.Agent.Death.Arm(diesAt);
        }

        using var stop = new CancellationTokenSource();
        var acting = scenario.Act(lane, stop.Token);
        if (name != "recovery" && await Task.WhenAny(acting, lane.Agent.Death.Died) != acting)
        {
            await stop.CancelAsync();
        }

        try
        {
            await acting;
        }
        catch (Exception exception) when (exception is OperationCanceledException or DeathException)
        {
            // Stopped with the agent.
        }

        var death = lane.Agent.Death;
        var at = "nowhere";
        if (diesAt is not null)
        {
            at = await death.Died.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        }

        if (diesAt is not null)
        {
            await lane.RestartAgentAsync();
        }

        await FinishAsync(lane, name);
        AssertAgreement(lane, name, $"{name} died at {diesAt} ({at})");
        return death.Passed;
    }

    private static Task Nothing(LaneWorld lane) => Task.CompletedTask;

    private static async Task DisableAsync(LaneWorld lane)
    {
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "c0")), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent.Commands.Find("c0") is { IsFinal: true }, "disabled");
    }

    // An agent that dies with the approval in its hands; the next one dies again while it finds out.
    private static async Task CutOffAsync(LaneWorld lane)
    {
        lane.Agent!.Death.Arm(4);
        using var stop = new CancellationTokenSource();
        var selling = lane.Till.SellAsync(1234, stop.Token, CancellationToken.None);
        await lane.Agent.Death.Died.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        await stop.CancelAsync();
        await selling;
        await lane.Agent.KillAsync();
        await lane.DropTillAsync();
    }

    private static async Task RecoverAsync(LaneWorld lane)
    {
        var diesAt = lane.NextDeath;
        var death = new DeathSwitch();
        death.Arm(diesAt);
        await lane.StartAgentAsync(death);
        if (diesAt is not null)
        {
            await death.Died;
        }
    }

    // Brings to its end whatever the scenario had begun.
    private static async Task FinishAsync(LaneWorld lane, string scenario)
    {
        if (Scenarios[scenario].Command is not null)
        {
            await FinishCommandAsync(lane);
            return;
        }

        await lane.ReadyAsync();
        await Eventually.TrueAsync(() => lane.Till.ResolveAsync(CancellationToken.None, CancellationToken.None), "the till knows its outcomes");
    }

    private static async Task FinishCommandAsync(LaneWorld lane)
    {
        // The order is delivered until it is acknowledged, as the server does.
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Order!, CancellationToken.None);
        await Eventually.TrueAsync(
            async () =>
            {
                var record = lane.Agent.Commands.Find("c1");
                if (record is { Stage: CommandStage.Reconciling })
                {
                    var verdict = lane.Fleet.Verdict("c1", record.SettlementId, SettlementVerdict.Types.Result.Balanced);
                    await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Verdict, lane.Fleet.Sign(verdict), CancellationToken.None);
                }

                Assert.That(record?.Stage, Is.Not.EqualTo(CommandStage.Failed).And.Not.EqualTo(CommandStage.Refused), record?.EndReason);
                return record is { Stage: CommandStage.Succeeded } && (record.Kind != CommandKind.Retire || record.Erased);
            },
            "the command succeeds");
    }

    private static void AssertAgreement(LaneWorld lane, string scenario, string where)
    {
        var entries = lane.Journal.Entries;
        var settlements = entries.Where(static e => e.Settlement is not null).Select(static e => e.Settlement).ToList();
        Assert.Multiple(() =>
        {
            var batch = lane.Agent!.Capture.Snapshot.Batch.Of("EUR");
            Assert.That((batch.Count, batch.SumMinor), Is.EqualTo(((uint)lane.Terminal.Totals.Count, lane.Terminal.Totals.Sum)), where + ": journal and terminal");
            Assert.That(lane.Agent.Capture.Snapshot.Open, Is.Empty, where + ": nothing open");
            Assert.That(lane.Agent.Capture.Snapshot.Settlement, Is.Null, where + ": no settlement open");
            Assert.That(Final(entries), Has.None.EqualTo(TransactionOutcome.Unknown), where + ": nothing unknown");
            foreach (var settlement in settlements)
            {
                Assert.That(settlement.Terminal, Is.EqualTo(settlement.Journal), where + ": settlement");
            }

            AssertCommand(lane, Scenarios[scenario].Command, where);
            if (scenario is "settle-and-lock" or "retire" or "settle")
            {
                Assert.That(settlements, Has.Count.EqualTo(1), where + ": settled once");
                Assert.That(settlements[0].Terminal.Sum.MinorUnits, Is.EqualTo(500), where + ": the totals are not lost");
            }

            if (scenario == "end-of-day" && lane.Terminal.Totals.Count == 0)
            {
                Assert.That(settlements.Sum(static s => s.Terminal.Sum.MinorUnits), Is.EqualTo(500), where + ": the totals are not lost");
            }

            AssertTill(lane, scenario, where);
        });
    }

    private static void AssertCommand(LaneWorld lane, CommandKindRow? command, string where)
    {
        if (command is null)
        {
            return;
        }

        var successes = lane.Journal.Entries.Count(static e => e.Command is { CommandId: "c1", Stage: CommandStage.Succeeded, Detail: not "delivered again" });
        Assert.That(successes, Is.EqualTo(1), where + ": succeeds once");
        var closed = command.Nature is CommandNature.Closing or CommandNature.Locking or CommandNature.Retiring;
        Assert.That(lane.Agent!.Gate.Position.IsOpen, Is.EqualTo(!closed), where + ": gate");
        if (command.Kind is CommandKind.DisablePaymentMethod or CommandKind.EnablePaymentMethod)
        {
            var off = command.Kind == CommandKind.DisablePaymentMethod;
            Assert.That(lane.Agent.Rules.Current.MethodsOff, off ? Is.EqualTo(new[] { PaymentMethods.Refund }) : Is.Empty, where + ": methods");
        }

        if (command.Kind == CommandKind.SetLimits)
        {
            Assert.That(lane.Agent.Rules.Current.AmountCaps["EUR"], Is.EqualTo(99_00), where + ": limits");
        }
    }

    private static void AssertTill(LaneWorld lane, string scenario, string where)
    {
        if (scenario is "sale" or "decline" or "reversal" or "refund" or "recovery")
        {
            Assert.That(lane.Till.Books.Approved, Is.EqualTo(lane.Terminal.Totals), where + ": till and terminal");
            Assert.That(lane.Till.Books.Count(TillOutcome.Unknown), Is.Zero, where + ": the till knows everything");
        }
    }

    private static IEnumerable<TransactionOutcome> Final(IEnumerable<JournalEntry> entries) =>
        entries.Where(static e => e.Transaction is not null).GroupBy(static e => e.Transaction.TransactionId).Select(static g => g.Last().Transaction.Outcome);

    private static async Task EndOfDayAsync(LaneWorld lane)
    {
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 50 03 00 00 00");
        await till.FollowUntilGoneAsync();
    }

    private static async Task OrderAsync(LaneWorld lane, CommandKind kind)
    {
        lane.Order = lane.Fleet.Sign(lane.Fleet.Order(kind, "c1"));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Order, CancellationToken.None);
        if (lane.Agent.Death.IsArmed)
        {
            await DriveAsync(lane);
        }
    }

    // The server answers a settlement as soon as the agent waits for it.
    private static Task DriveAsync(LaneWorld lane) => Eventually.TrueAsync(
        async () =>
        {
            var record = lane.Agent!.Commands.Find("c1");
            if (!lane.Agent.Death.IsDead && record is { Stage: CommandStage.Reconciling } && lane.Agent.Commands.VerdictFor("c1") is null)
            {
                var verdict = lane.Fleet.Verdict("c1", record.SettlementId, SettlementVerdict.Types.Result.Balanced);
                await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Verdict, lane.Fleet.Sign(verdict), CancellationToken.None);
            }

            return lane.Agent.Death.IsDead;
        },
        "the agent dies");
}
