using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Till;

/// <summary>Decides whether a till's command may go on to the terminal, and as what.</summary>
public sealed class TillAdmission(PaymentGate gate, PaymentCapture capture, ITransactionJournal journal, TerminalLine line, TillLimits limits, TillOptions options)
{
    /// <summary>Why not, or null.</summary>
    public TillRefusal? Refusal(TillCommand command)
    {
        var position = gate.Position;
        if (position.State == GateChange.Types.State.Retired)
        {
            return TillRefusal.Retired;
        }

        if (command.Nature is not TillCommandNature.ReadOnly && !position.IsOpen && command.Nature is not TillCommandNature.Registration)
        {
            return OfGate(position.State);
        }

        if (command.Nature == TillCommandNature.Money && OfPayment(command) is { } refusal)
        {
            return refusal;
        }

        return OfLine(line.Status.State);
    }

    private static TillRefusal OfGate(GateChange.Types.State state) => state switch
    {
        GateChange.Types.State.Draining => TillRefusal.Draining,
        GateChange.Types.State.Disabled => TillRefusal.Disabled,
        GateChange.Types.State.Locked => TillRefusal.Locked,
        GateChange.Types.State.Retired => TillRefusal.Retired,
        GateChange.Types.State.Open or GateChange.Types.State.Unspecified => throw new ArgumentOutOfRangeException(nameof(state), state, "the gate is not closed"),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such position"),
    };

    private static TillRefusal? OfLine(LineState state) => state switch
    {
        LineState.Substituted => TillRefusal.TerminalSubstituted,
        LineState.CableOut or LineState.TerminalSilent or LineState.Starting => TillRefusal.TerminalUnreachable,
        LineState.Retired => TillRefusal.Retired,
        LineState.Ready or LineState.TerminalBusy => null,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such state"),
    };

    private TillRefusal? OfPayment(TillCommand command)
    {
        if (journal.Condition != JournalCondition.Healthy)
        {
            return TillRefusal.CannotStore;
        }

        var unresolved = capture.Unresolved.ToList();
        if (unresolved.Count > 0 && !options.SalesWhileUnresolved)
        {
            return unresolved.Exists(static p => p.Stage == PaymentStage.Undecided) ? TillRefusal.EndOfDayNeeded : TillRefusal.Unresolved;
        }

        return limits.Refusal(command);
    }
}
