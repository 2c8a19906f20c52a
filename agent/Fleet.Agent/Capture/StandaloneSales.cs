using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>Payments made at the terminal itself, or past this agent: its totals hold more than the journal does, open payments included.</summary>
public static class StandaloneSales
{
    /// <summary>The alarm that goes with a settlement, or null.</summary>
    /// <param name="settlement">The settlement.</param>
    /// <param name="seesWholeBatch">False when this agent came while the batch was open: then it cannot tell who made what.</param>
    public static JournalEntry? Find(Settlement settlement, bool seesWholeBatch)
    {
        if (settlement is not { Terminal: { } terminal, Journal: { } journal } || terminal.Count <= journal.Count + (uint)settlement.UnknownTransactionIds.Count)
        {
            return null;
        }

        var sum = MoneyText.Format(terminal.Sum.MinorUnits - journal.Sum.MinorUnits, terminal.Sum.Currency);
        var who = seesWholeBatch ? "that no till of this agent asked for" : "that no till of this agent asked for, or that were there before this agent";
        return Alarms.Warning(ReasonCodes.StandaloneSales, $"the terminal closed {terminal.Count - journal.Count} records of {sum} together {who}");
    }
}
