using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>
/// Some acquirers tell by the code of a decline that they blocked the terminal; which codes is a matter of its profile. Told once, until a payment is
/// approved again. Called by the holder of the terminal line only.
/// </summary>
public sealed class BlockedTerminal(TerminalManner manner)
{
    private bool _isTold;

    /// <summary>The alarm that goes with this outcome, or null.</summary>
    public JournalEntry? Find(Transaction transaction)
    {
        var isBlocked = transaction is { Outcome: TransactionOutcome.Declined, ResultCode: <= byte.MaxValue } && manner.Profile.IsBlockedBy((byte)transaction.ResultCode);
        var isNews = isBlocked && !_isTold;
        _isTold = transaction.Outcome != TransactionOutcome.Approved && (_isTold || isBlocked);
        return isNews
            ? Alarms.Warning(ReasonCodes.AcquirerBlocked, $"the acquirer declines with {transaction.ResultCode:X2}: on {manner.Profile.Name} this means that it blocked the terminal")
            : null;
    }
}
