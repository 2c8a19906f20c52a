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
    public JournalEntry? Find(Transaction transaction) => !_isTold && IsBlocked(transaction)
        ? Alarms.Warning(ReasonCodes.AcquirerBlocked, $"the acquirer declines with {transaction.ResultCode:X2}: on {manner.Profile.Name} this means that it blocked the terminal")
        : null;

    /// <summary>The outcome is durable, and what <see cref="Find"/> said of it with it.</summary>
    public void Stored(Transaction transaction) => _isTold = transaction.Outcome != TransactionOutcome.Approved && (_isTold || IsBlocked(transaction));

    private bool IsBlocked(Transaction transaction) =>
        transaction is { Outcome: TransactionOutcome.Declined, ResultCode: <= byte.MaxValue } && manner.Profile.IsBlockedBy((byte)transaction.ResultCode);
}
