using Fleet.Contracts;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>What a terminal's answer means for an errand.</summary>
public static class TerminalAnswer
{
    /// <summary>Done with <paramref name="done"/> as the detail, or why not.</summary>
    public static ErrandResult Of(EcrOutcome outcome, string done) => outcome.Kind switch
    {
        EcrOutcomeKind.Completed => ErrandResult.Done(done),
        EcrOutcomeKind.Refused or EcrOutcomeKind.Aborted => ErrandResult.Failed(ReasonCodes.TerminalRefused, outcome.Detail ?? $"{outcome.Kind} with {outcome.ResultCode:X2}"),
        EcrOutcomeKind.NotSent or EcrOutcomeKind.Unknown => ErrandResult.Failed(ReasonCodes.TerminalUnreachable, outcome.Detail ?? "the terminal does not answer"),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome.Kind, "no such end"),
    };
}
