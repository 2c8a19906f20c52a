using Fleet.Contracts;
using Fleet.Server.Domain.Transactions;

namespace Fleet.Server.Domain.Settlement;

/// <summary>Whether an acquirer has to confirm a batch.</summary>
public enum AcquirerPolicy
{
    /// <summary>No acquirer connection is configured: three counters decide, and the proof says so. Totals that come anyway are compared.</summary>
    NotConnected,

    /// <summary>No batch is balanced before the acquirer told its totals.</summary>
    Required,
}

/// <summary>What the server's ledger holds for a batch.</summary>
/// <param name="Approved">One per currency.</param>
/// <param name="Unknown">Transactions of the batch without a known outcome.</param>
/// <param name="Uncovered">Approved or unknown transactions from before the batch that no settlement covers.</param>
public sealed record LedgerCount(IReadOnlyList<Tally> Approved, long Unknown, long Uncovered)
{
    /// <summary>The one tally; null while there are several currencies.</summary>
    public Tally? Tally => Approved.Count switch { 0 => Transactions.Tally.Empty, 1 => Approved[0], _ => null };
}

/// <summary>Result of a comparison.</summary>
/// <param name="State">Open while the acquirer's totals are waited for.</param>
/// <param name="Code">Reason code; empty when balanced.</param>
/// <param name="Text">What differs or is missing, for a person; when balanced without an acquirer, that.</param>
public sealed record ComparisonResult(SettlementState State, string Code, string Text);

/// <summary>Compares the four counters of a batch. A difference is never hidden, rounded or outvoted.</summary>
public static class Reconciliation
{
    /// <summary>Said of every batch that was balanced without an acquirer.</summary>
    public const string WithoutAcquirer = "No acquirer connection is configured: three counters were compared.";

    /// <summary>Compares.</summary>
    public static ComparisonResult Compare(Tally terminal, Tally journal, LedgerCount ledger, Tally? acquirer, AcquirerPolicy policy)
    {
        var differences = Differences(terminal, journal, ledger, acquirer).ToList();
        var unknown = Unknowns(ledger).ToList();
        if (differences.Count + unknown.Count > 0)
        {
            var code = differences.Count > 0 ? ReasonCodes.CountersDiffer : ReasonCodes.UnknownTransactions;
            return new ComparisonResult(SettlementState.Different, code, string.Join("; ", differences.Concat(unknown)));
        }

        return (acquirer, policy) switch
        {
            (not null, _) => new ComparisonResult(SettlementState.Balanced, string.Empty, string.Empty),
            (null, AcquirerPolicy.NotConnected) => new ComparisonResult(SettlementState.Balanced, string.Empty, WithoutAcquirer),
            (null, AcquirerPolicy.Required) => new ComparisonResult(
                SettlementState.Open, ReasonCodes.AcquirerTotalsMissing, "The acquirer has not told its totals of this batch."),
            _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "no such policy"),
        };
    }

    private static IEnumerable<string> Differences(Tally terminal, Tally journal, LedgerCount ledger, Tally? acquirer)
    {
        if (!terminal.Agrees(journal))
        {
            yield return $"terminal {terminal}, journal {journal}";
        }

        if (ledger.Tally is null)
        {
            yield return $"ledger holds several currencies: {string.Join(", ", ledger.Approved)}";
        }
        else if (!terminal.Agrees(ledger.Tally))
        {
            yield return $"terminal {terminal}, ledger {ledger.Tally}";
        }

        if (acquirer is not null && !terminal.Agrees(acquirer))
        {
            yield return $"terminal {terminal}, acquirer {acquirer}";
        }
    }

    private static IEnumerable<string> Unknowns(LedgerCount ledger)
    {
        if (ledger.Unknown > 0)
        {
            yield return $"{ledger.Unknown} transaction(s) of the batch without a known outcome";
        }

        if (ledger.Uncovered > 0)
        {
            yield return $"{ledger.Uncovered} earlier transaction(s) that no settlement covers";
        }
    }
}
