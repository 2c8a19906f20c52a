using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>How an end-of-day of the agent ended.</summary>
/// <param name="IsSettled">True when the settlement is durable.</param>
/// <param name="ResultCode">Code of the terminal, where it refused.</param>
/// <param name="Detail">For a person.</param>
public sealed record EndOfDayResult(bool IsSettled, byte ResultCode, string Detail);

/// <summary>Closes the terminal's batch on the agent's own account; repeatable after any crash without closing twice.</summary>
public sealed class EndOfDayRun(SettlementCapture capture, SettlementRecovery recovery, ReceiptQuestions questions, RegistrationDesk desk)
{
    /// <summary>Runs it under a lease.</summary>
    /// <param name="lease">The line.</param>
    /// <param name="commandId">Command that asks for it.</param>
    /// <param name="commit">Makes the settlement durable, with whatever belongs into the same commit.</param>
    /// <param name="cancellationToken">Gives up between two steps.</param>
    public async Task<EndOfDayResult> RunAsync(LineLease lease, string commandId, SettlementCommit commit, CancellationToken cancellationToken)
    {
        if (capture.Snapshot.Settlement is { } open)
        {
            open = await capture.AdoptAsync(open, commandId, cancellationToken);
            var fate = await recovery.RecoverAsync(lease, open, commit, cancellationToken);
            if (fate != SettlementFate.NotSettled)
            {
                return new EndOfDayResult(fate == SettlementFate.Settled, 0, fate == SettlementFate.Settled ? "settled before" : "the terminal does not answer");
            }
        }

        var preAuthorisations = await questions.OpenPreAuthorisationsAsync(lease, cancellationToken);
        var before = await questions.TotalsAsync(lease, cancellationToken);
        if (!lease.IsAlive)
        {
            return new EndOfDayResult(IsSettled: false, 0, "the terminal does not answer");
        }

        var settlement = await capture.BeginAsync(commandId, before, cancellationToken);
        var witness = new SettlementWitness(capture, settlement, commit);
        var outcome = await lease.RunAsync(new EndOfDay { Password = desk.Password }, new WitnessedHandler(witness), cancellationToken);
        await witness.EndedAsync(outcome, cancellationToken);
        var detail = witness.IsSettled
            ? preAuthorisations.Length == 0 ? string.Empty : "open pre-authorisations were lost: receipts " + preAuthorisations
            : $"end-of-day {outcome.Kind} with {outcome.ResultCode:X2} {outcome.Detail}".TrimEnd();
        return new EndOfDayResult(witness.IsSettled, outcome.ResultCode, detail);
    }
}
