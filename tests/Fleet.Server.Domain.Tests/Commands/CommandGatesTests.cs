using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Tests.Commands;

public sealed class CommandGatesTests
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    private static readonly TerminalState[] InUse = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended];

    private static readonly Dictionary<CommandKind, TerminalState[]> Expected = new()
    {
        [CommandKind.Disable] = [TerminalState.Enrolled, TerminalState.Active],
        [CommandKind.Enable] = [TerminalState.Suspended, TerminalState.Locked],
        [CommandKind.SettleAndLock] = InUse,
        [CommandKind.Settle] = InUse,
        [CommandKind.Retire] = [.. InUse, TerminalState.Locked],
        [CommandKind.DisplayMessage] = [.. InUse, TerminalState.Locked],
        [CommandKind.RestartTerminal] = [.. InUse, TerminalState.Locked],
        [CommandKind.SetClock] = [.. InUse, TerminalState.Locked],
        [CommandKind.DisablePaymentMethod] = [.. InUse, TerminalState.Locked, TerminalState.Settling],
        [CommandKind.EnablePaymentMethod] = [.. InUse, TerminalState.Locked, TerminalState.Settling],
        [CommandKind.SetLimits] = [.. InUse, TerminalState.Locked, TerminalState.Settling],
        [CommandKind.ApplyConfiguration] = [.. InUse, TerminalState.Locked, TerminalState.Settling],
        [CommandKind.SyncNow] = [.. InUse, TerminalState.Locked, TerminalState.Settling, TerminalState.Retiring],
        [CommandKind.Diagnose] = [.. InUse, TerminalState.Locked, TerminalState.Settling, TerminalState.Retiring],
        [CommandKind.ClearTamper] = [.. InUse, TerminalState.Locked, TerminalState.Settling],
        [CommandKind.CollectDiagnostics] = [.. InUse, TerminalState.Locked, TerminalState.Settling, TerminalState.Retiring],
    };

    public static IEnumerable<TestCaseData> EveryPair() =>
        from kind in Enum.GetValues<CommandKind>()
        from state in Enum.GetValues<TerminalState>()
        select new TestCaseData(kind, state);

    [TestCaseSource(nameof(EveryPair))]
    public void Kind_is_allowed_in_its_states_and_refused_by_name_in_all_others(CommandKind kind, TerminalState state)
    {
        var refusal = CommandGates.Check(Lane, state, kind, []);

        if (Expected.TryGetValue(kind, out var states) && states.Contains(state))
        {
            Assert.That(refusal, Is.Null);
            return;
        }

        Assert.That(refusal?.Kind, Is.EqualTo(RefusalKind.FailedPrecondition));
        Assert.That(refusal?.Subject, Is.EqualTo("terminals/lane1"));
        Assert.That(refusal?.Code, Is.EqualTo(state == TerminalState.Retired ? ReasonCodes.TerminalRetired : ReasonCodes.StateForbids));
    }

    [TestCase(CommandKind.Disable, CommandState.Queued, CommandKind.Disable, true)]
    [TestCase(CommandKind.Enable, CommandState.Sent, CommandKind.Enable, true)]
    [TestCase(CommandKind.Enable, CommandState.Queued, CommandKind.Disable, false)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Scheduled, CommandKind.SettleAndLock, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Scheduled, CommandKind.Retire, true)]
    [TestCase(CommandKind.Retire, CommandState.Queued, CommandKind.SettleAndLock, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Scheduled, CommandKind.Disable, false)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Queued, CommandKind.Disable, false)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Sent, CommandKind.Disable, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Blocked, CommandKind.Enable, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Unknown, CommandKind.Enable, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Blocked, CommandKind.Diagnose, false)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Sent, CommandKind.DisplayMessage, true)]
    [TestCase(CommandKind.SettleAndLock, CommandState.Queued, CommandKind.DisplayMessage, false)]
    [TestCase(CommandKind.DisplayMessage, CommandState.Sent, CommandKind.DisplayMessage, false)]
    [TestCase(CommandKind.Settle, CommandState.Queued, CommandKind.Settle, true)]
    [TestCase(CommandKind.Settle, CommandState.Sent, CommandKind.Disable, false)]
    public void Open_command_excludes_what_would_race_with_it(CommandKind open, CommandState openState, CommandKind asked, bool excluded)
    {
        var state = Expected[asked][^1];

        var refusal = CommandGates.Check(Lane, state, asked, [new OpenCommand("c1", open, openState, StartsLater: false)]);

        Assert.That(refusal?.Code, Is.EqualTo(excluded ? ReasonCodes.ConflictingCommand : null));
        Assert.That(refusal?.Subject, Is.EqualTo(excluded ? "commands/c1" : null));
    }

    [TestCase(CommandState.Sent, false)]
    [TestCase(CommandState.Accepted, false)]
    [TestCase(CommandState.Unknown, false)]
    [TestCase(CommandState.Draining, true)]
    [TestCase(CommandState.Blocked, true)]
    public void Command_whose_start_lies_ahead_excludes_only_what_would_be_done_twice(CommandState openState, bool excluded)
    {
        OpenCommand[] open = [new("c1", CommandKind.SettleAndLock, openState, StartsLater: true)];

        Assert.That(CommandGates.Check(Lane, TerminalState.Active, CommandKind.Disable, open)?.Code, Is.EqualTo(excluded ? ReasonCodes.ConflictingCommand : null));
        Assert.That(CommandGates.Check(Lane, TerminalState.Active, CommandKind.Retire, open)?.Code, Is.EqualTo(ReasonCodes.ConflictingCommand));
    }
}
