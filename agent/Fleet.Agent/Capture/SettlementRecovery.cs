using Fleet.Agent.Terminal;

namespace Fleet.Agent.Capture;

/// <summary>What became of an end-of-day whose end was not seen.</summary>
public enum SettlementFate
{
    /// <summary>It is settled, and the settlement is durable now.</summary>
    Settled,

    /// <summary>The batch is still open: it may be settled again.</summary>
    NotSettled,

    /// <summary>The terminal could not be asked.</summary>
    NotAsked,
}

/// <summary>
/// Finds out whether the terminal closed its batch, without closing it again. The X report tells: an empty store where there were
/// records means closed, and then the totals are those of the 04 0F that was durable before its answer, or else those of the
/// X report that was made right before 06 50 while nobody else had the line.
/// </summary>
public sealed class SettlementRecovery(SettlementCapture capture, ReceiptQuestions questions)
{
    /// <summary>Asks and, where it was settled, commits.</summary>
    public async Task<SettlementFate> RecoverAsync(
        LineLease lease, OpenSettlement settlement, SettlementCommit commit, CancellationToken cancellationToken)
    {
        var now = await questions.TotalsAsync(lease, cancellationToken);
        if (!lease.IsAlive)
        {
            return SettlementFate.NotAsked;
        }

        if (!WasClosed(settlement, now))
        {
            await capture.AbandonAsync(cancellationToken);
            return SettlementFate.NotSettled;
        }

        await commit(settlement, settlement.Totals?.ResultCode ?? 0, cancellationToken);
        return SettlementFate.Settled;
    }

    private static bool WasClosed(OpenSettlement settlement, CapturedTotals? now)
    {
        var reported = settlement.Totals is { ResultCode: 0 };
        return now switch
        {
            // No X report on this terminal: only what it said itself counts.
            null or { Count: null } => reported,
            { Count: 0 } => reported || settlement.Before is { Count: > 0 },
            _ => false,
        };
    }
}
