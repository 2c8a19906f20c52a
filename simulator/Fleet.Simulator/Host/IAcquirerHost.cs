using Fleet.Simulator.Books;

namespace Fleet.Simulator.Host;

/// <summary>What a terminal asks of its acquirer. In the same process or behind a socket: the terminal cannot tell.</summary>
public interface IAcquirerHost
{
    /// <summary>Asks for a booking. Approved means booked. Asked again with the same trace number, it answers the same and books nothing.</summary>
    ValueTask<HostAnswer> AuthoriseAsync(HostRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a booking back that never became final at the terminal (automatic reversal). False: not reached, ask again later.</summary>
    ValueTask<bool> VoidAsync(string tid, int traceNumber, CancellationToken cancellationToken);

    /// <summary>Compares and closes the open batch of a terminal.</summary>
    ValueTask<SettlementAnswer> SettleAsync(SettlementRequest request, CancellationToken cancellationToken);

    /// <summary>A line test. False: not reached.</summary>
    ValueTask<bool> ContactAsync(string tid, CancellationToken cancellationToken);
}

/// <summary>A payment on its way to the acquirer.</summary>
/// <param name="Tid">Terminal id, 8 digits.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Amount">Minor units, positive.</param>
/// <param name="TraceNumber">The terminal's number of this booking.</param>
/// <param name="ReceiptNumber">Receipt it will have.</param>
/// <param name="OriginalTraceNumber">The booking that a reversal takes back, the reservation that a sale books or a release gives back, the sale that a tip belongs to.</param>
/// <param name="VoiceApproval">Approval that the merchant got by telephone: booked without asking the rules.</param>
public sealed record HostRequest(
    string Tid, BookingKind Kind, long Amount, int TraceNumber, int ReceiptNumber, int? OriginalTraceNumber = null, string? VoiceApproval = null);

/// <summary>How the acquirer answered.</summary>
public enum HostOutcome
{
    /// <summary>Booked.</summary>
    Approved,

    /// <summary>Refused with a response code; nothing booked.</summary>
    Declined,

    /// <summary>No answer. The host may have booked it all the same: the terminal owes a void.</summary>
    Unreachable,
}

/// <summary>Answer to a payment.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="ResponseCode">ISO 8583 response as a binary number, 0 when approved.</param>
/// <param name="ApprovalCode">Six characters, empty unless approved.</param>
public sealed record HostAnswer(HostOutcome Outcome, byte ResponseCode, string ApprovalCode)
{
    /// <summary>Nobody answered.</summary>
    public static readonly HostAnswer Unreachable = new(HostOutcome.Unreachable, 0, string.Empty);
}

/// <summary>End-of-day of one terminal.</summary>
/// <param name="Tid">Terminal id.</param>
/// <param name="TraceNumber">Trace number of the end-of-day; asked again with the same, the host answers the same.</param>
/// <param name="Terminal">What the terminal counted.</param>
public sealed record SettlementRequest(string Tid, int TraceNumber, Counter Terminal);

/// <summary>How an end-of-day ended at the host.</summary>
public enum SettlementOutcome
{
    /// <summary>Both counters agree; the batch is closed.</summary>
    Balanced,

    /// <summary>They differ; the batch is closed with both counters on record.</summary>
    Unbalanced,

    /// <summary>Nobody took the request; the batch stays open.</summary>
    Unreachable,

    /// <summary>The request was sent and the answer lost: ask again with the same trace number before anything else is booked.</summary>
    Unknown,
}

/// <summary>Answer to an end-of-day.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Host">What the host counted.</param>
public sealed record SettlementAnswer(SettlementOutcome Outcome, Counter Host)
{
    /// <summary>Nobody answered.</summary>
    public static readonly SettlementAnswer Unreachable = new(SettlementOutcome.Unreachable, Counter.Zero);
}
