using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Settlement;

namespace Fleet.Server.Domain.Transactions;

/// <summary>Outcome of a payment as the ledger knows it.</summary>
public enum LedgerOutcome
{
    /// <summary>The agent announced it; no outcome has arrived yet.</summary>
    Pending,

    /// <summary>Money moves: counts in every sum.</summary>
    Approved,

    /// <summary>Declined by the acquirer or the card.</summary>
    Declined,

    /// <summary>Ended before an authorisation.</summary>
    Aborted,

    /// <summary>The outcome was lost and is not resolved yet.</summary>
    Unknown,

    /// <summary>The terminal reversed it by itself.</summary>
    AutoReversed,
}

/// <summary>One payment, as its latest journal entry tells it.</summary>
public sealed record TransactionView
{
    /// <summary>Terminal it ran on.</summary>
    public required TerminalId Terminal { get; init; }

    /// <summary>UUID text, made by the agent.</summary>
    public required string Id { get; init; }

    /// <summary>What kind of payment.</summary>
    public required PaymentKind Kind { get; init; }

    /// <summary>How it ended.</summary>
    public required LedgerOutcome Outcome { get; init; }

    /// <summary>The terminal's amount; null while none is known.</summary>
    public required Money? Amount { get; init; }

    /// <summary>What the till asked for; null when it named no amount.</summary>
    public required Money? Requested { get; init; }

    /// <summary>Trace number of the terminal; 0 = none.</summary>
    public required long TraceNumber { get; init; }

    /// <summary>Receipt number of the terminal; 0 = none.</summary>
    public required long ReceiptNumber { get; init; }

    /// <summary>Terminal id at the acquirer.</summary>
    public required string Tid { get; init; }

    /// <summary>ZVT result code, 0..255.</summary>
    public required int ResultCode { get; init; }

    /// <summary>ZVT card type (BMP 8A).</summary>
    public required int CardType { get; init; }

    /// <summary>Name of the card brand.</summary>
    public required string CardName { get; init; }

    /// <summary>At most first six and last four digits.</summary>
    public required string MaskedPan { get; init; }

    /// <summary>The acquirer's approval code.</summary>
    public required string ApprovalCode { get; init; }

    /// <summary><c>YYYY-MM-DDTHH:MM:SS</c> on the terminal.</summary>
    public required string TerminalLocalTime { get; init; }

    /// <summary>When the agent wrote the latest entry, by its own clock.</summary>
    public required DateTimeOffset AgentTime { get; init; }

    /// <summary>When the server stored the latest entry.</summary>
    public required DateTimeOffset IngestTime { get; init; }

    /// <summary>How the outcome was learnt.</summary>
    public required Transaction.Types.Evidence Evidence { get; init; }

    /// <summary>The same in words.</summary>
    public required string EvidenceText { get; init; }

    /// <summary>Settlement that closed it; empty while it is in the open batch.</summary>
    public required string SettlementId { get; init; }

    /// <summary>Journal of its latest entry: UUID text.</summary>
    public required string Epoch { get; init; }

    /// <summary>Sequence of its latest entry.</summary>
    public required long Sequence { get; init; }
}

/// <summary>Sums over a set of transactions.</summary>
/// <param name="Approved">One per currency, by currency.</param>
/// <param name="Unknown">Outcomes that were lost.</param>
/// <param name="Pending">Announced, no outcome yet.</param>
public sealed record TransactionSummary(IReadOnlyList<Tally> Approved, int Unknown, int Pending);

/// <summary>Where a settlement stands.</summary>
public enum SettlementState
{
    /// <summary>Not all counters are in.</summary>
    Open,

    /// <summary>All counters that are required agree.</summary>
    Balanced,

    /// <summary>Something differs or is unknown; the text says what.</summary>
    Different,
}

/// <summary>One brand's share of an end-of-day.</summary>
public sealed record BrandShare(string Brand, long Count, long MinorUnits);

/// <summary>An end-of-day.</summary>
public sealed record SettlementView
{
    /// <summary>Terminal it ran on.</summary>
    public required TerminalId Terminal { get; init; }

    /// <summary>UUID text, made by the agent.</summary>
    public required string Id { get; init; }

    /// <summary>Command that asked for it; empty when till or terminal did.</summary>
    public required string CommandId { get; init; }

    /// <summary>The four counters.</summary>
    public required Counters Counters { get; init; }

    /// <summary>How they compare.</summary>
    public required SettlementState State { get; init; }

    /// <summary>What differs; empty when nothing does.</summary>
    public required string Difference { get; init; }

    /// <summary>When the server stored it.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Shares of the brands.</summary>
    public required IReadOnlyList<BrandShare> Brands { get; init; }

    /// <summary>Terminal id at the acquirer.</summary>
    public required string Tid { get; init; }

    /// <summary>Trace number of the end-of-day.</summary>
    public required long TraceNumber { get; init; }
}

/// <summary>What an acquirer connection tells about one batch.</summary>
/// <param name="Tid">Terminal id at the acquirer, 8 digits.</param>
/// <param name="TraceNumber">Trace number of the end-of-day.</param>
/// <param name="Totals">What the host booked.</param>
/// <param name="RequestId">Same request id, same report; may be empty.</param>
public sealed record AcquirerReport(string Tid, long TraceNumber, Tally Totals, string RequestId);

/// <summary>What a report was matched with.</summary>
/// <param name="Settlement">Null when that settlement has not arrived yet; the totals are kept.</param>
public sealed record AcquirerMatch(SettlementView? Settlement);
