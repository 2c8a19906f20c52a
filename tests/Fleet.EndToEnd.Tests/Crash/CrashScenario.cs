using Fleet.Contracts;
using Fleet.Simulator.Tills;
using Fleet.V1;
using CommandKind = Fleet.Contracts.Link.V1.CommandKind;

namespace Fleet.EndToEnd.Tests.Crash;

/// <summary>Something an agent does, during which it is killed.</summary>
/// <param name="Name">Word for it.</param>
/// <param name="Prepare">What must have happened before, without a death.</param>
/// <param name="Act">The act itself; its token ends when the agent is dead.</param>
/// <param name="Finish">Brings to its end what was begun, with a new agent on the old journal; afterwards the lane sells again.</param>
internal sealed record CrashScenario(
    string Name,
    Func<CrashLane, CancellationToken, Task> Prepare,
    Func<CrashLane, CancellationToken, Task> Act,
    Func<CrashLane, CancellationToken, Task> Finish)
{
    /// <summary>Amount that the acquirer declines.</summary>
    public const long Declined = 1005;

    /// <summary>True when the agent dies while it starts, not while it works.</summary>
    public bool ActsAtStart { get; init; }

    /// <summary>Most of its steps are those of another scenario: each day another part of these is enough.</summary>
    public bool SharesSteps { get; init; }

    /// <summary>True when the lane is of no use afterwards.</summary>
    public bool EndsTheLane { get; init; }

    /// <summary>Payments, then every kind of command there is.</summary>
    public static IReadOnlyList<CrashScenario> All { get; } = [.. Written(), .. CommandKinds.All.Where(static row => !Handled.Contains(row.Kind)).Select(Plain)];

    // Long enough for the agent to hold the command before it starts.
    private static TimeSpan Ahead { get; } = TimeSpan.FromSeconds(1);

    private static HashSet<CommandKind> Handled => [CommandKind.Disable, CommandKind.Enable, CommandKind.SettleAndLock, CommandKind.Retire];

    private static CrashScenario[] Written() =>
    [
        new("sale", Sold, static (lane, stop) => lane.Till.SellAsync(1234, stop, CancellationToken.None), Resolved),
        new("decline", Sold, static (lane, stop) => lane.Till.SellAsync(Declined, stop, CancellationToken.None), Resolved) { SharesSteps = true },
        new("reversal", Sold, static (lane, stop) => lane.Till.ReverseAsync(LastSale(lane), stop, CancellationToken.None), Resolved) { SharesSteps = true },
        new("refund", Sold, static (lane, stop) => lane.Till.RefundAsync(300, stop, CancellationToken.None), Resolved) { SharesSteps = true },
        new("end-of-day", Sold, static (lane, stop) => lane.Till.EndOfDayAsync(stop, CancellationToken.None), Resolved),
        new("recovery", CutOffAsync, Nothing, Resolved) { ActsAtStart = true },
        new("disable", Sold, Order(Command.Types.Kind.Disable), Reopened),
        new("scheduled-disable", Sold, static (lane, stop) => lane.OrderAsync(Command.Types.Kind.Disable, stop, ahead: Ahead), Reopened) { SharesSteps = true },
        new("enable", DisabledAsync, Order(Command.Types.Kind.Enable), Succeeded),
        new("settle-and-lock", Sold, Order(Command.Types.Kind.SettleAndLock), Reopened),
        new("retire", Sold, RetireAsync, static async (lane, stop) => await RetiredAsync(lane, stop)) { EndsTheLane = true, SharesSteps = true },
    ];

    // Steps of the scenarios above that others pass, too.
    private static readonly string[] Shared =
    [
        "intent", "status", "transaction", "commit-", "settlement", "gate", "verdict", "command-accept", "command-draining", "command-settling", "command-uploading",
        "command-reconciling", "command-locking", "command-succeeded",
    ];

    /// <summary>True for a step that need not be struck every day in this scenario.</summary>
    public bool IsStruckElsewhere(string point) => SharesSteps && Array.Exists(Shared, s => point.StartsWith(s, StringComparison.Ordinal));

    public override string ToString() => Name;

    // A kind that leaves the lane selling, whatever it does.
    private static CrashScenario Plain(CommandKindRow row)
    {
        var kind = (Command.Types.Kind)(int)row.Kind;
        return new(row.Word, Sold, (lane, stop) => lane.OrderAsync(kind, stop, ParametersOf(row), row.Input == CommandInput.Message ? "Please wait" : string.Empty), Succeeded)
        {
            SharesSteps = true,
        };
    }

    private static CommandParameters? ParametersOf(CommandKindRow row) => row.Input switch
    {
        CommandInput.Methods => new CommandParameters { PaymentMethods = { PaymentMethods.PreAuthorisation } },
        CommandInput.Limits => new CommandParameters { Limits = new PaymentLimits { OfflineCount = 10_000 } },
        CommandInput.Configuration => new CommandParameters { Configuration = { new ConfigurationSetting { Key = "till.language", Value = "en" } } },
        CommandInput.None or CommandInput.Message => null,
        _ => throw new InvalidOperationException($"No parameters are known for {row.Input}."),
    };

    private static Task Nothing(CrashLane lane, CancellationToken stop) => Task.CompletedTask;

    private static Task Sold(CrashLane lane, CancellationToken stop) => lane.SellAsync(500, stop);

    private static TillPayment LastSale(CrashLane lane) => lane.Till.Books.Payments.Last(static p => p is { Outcome: TillOutcome.Approved, Requested: 500 });

    private static Func<CrashLane, CancellationToken, Task> Order(Command.Types.Kind kind) => (lane, stop) => lane.OrderAsync(kind, stop);

    private static Task Resolved(CrashLane lane, CancellationToken stop) => lane.ResolveAsync(stop);

    private static Task Succeeded(CrashLane lane, CancellationToken stop) => lane.CommandSucceedsAsync(stop);

    private static async Task DisabledAsync(CrashLane lane, CancellationToken stop)
    {
        await Sold(lane, stop);
        await lane.OrderAsync(Command.Types.Kind.Disable, stop);
    }

    // The gate held meanwhile: it opens by an order only.
    private static async Task Reopened(CrashLane lane, CancellationToken stop)
    {
        await lane.CommandSucceedsAsync(stop);
        var gate = (await lane.StatusAsync(stop)).Lines.Single(static l => l.Name == "gate.state").Value;
        Assert.That(gate, Does.StartWith("disabled").Or.StartsWith("locked"));
        await lane.OrderAsync(Command.Types.Kind.Enable, stop);
    }

    // The agent dies with the approval in its hands.
    private static async Task CutOffAsync(CrashLane lane, CancellationToken cancellationToken)
    {
        await Sold(lane, cancellationToken);
        lane.Arm(("commit-transaction-before", 1));
        using var stop = new CancellationTokenSource();
        var selling = lane.Till.SellAsync(1234, stop.Token, cancellationToken);
        await lane.DiedAsync(cancellationToken);
        await stop.CancelAsync();
        await ((Task)selling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await lane.BuryAgentAsync();
        lane.Disarm();
    }

    private static async Task RetireAsync(CrashLane lane, CancellationToken stop)
    {
        await lane.OrderAsync(Command.Types.Kind.Retire, stop);
        await RetiredAsync(lane, stop);
    }

    private static async Task RetiredAsync(CrashLane lane, CancellationToken stop)
    {
        await lane.CommandSucceedsAsync(stop);
        await Fleet.Testing.Eventually.TrueAsync(() => lane.IsErased || stop.IsCancellationRequested, "the identity is erased");
        stop.ThrowIfCancellationRequested();
    }
}
