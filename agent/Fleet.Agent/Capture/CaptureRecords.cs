using System.Text.Json.Serialization;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>How far a payment has come. Each value is durable before the act that follows it.</summary>
public enum PaymentStage
{
    /// <summary>The intent is written; the request may or may not have reached the terminal.</summary>
    Intended,

    /// <summary>The terminal reported an outcome (04 0F); our answer may or may not have reached it.</summary>
    StatusSeen,

    /// <summary>The outcome is lost and reported as unknown; the terminal is to be asked.</summary>
    Unknown,

    /// <summary>The terminal was asked and cannot tell; the next totals may.</summary>
    Undecided,
}

/// <summary>What the terminal is known to have done last: the yardstick of a recovery.</summary>
/// <param name="TraceNumber">BMP 0B; 0 when the terminal told none.</param>
/// <param name="ReceiptNumber">BMP 87; 0 when the terminal told none.</param>
/// <param name="TurnoverNumber">BMP 88; 0 when the terminal told none.</param>
/// <param name="IsKnown">False for a terminal that was never asked. Known and all zero: it had no receipt yet.</param>
public sealed record LastKnown(uint TraceNumber, uint ReceiptNumber, uint TurnoverNumber, bool IsKnown = true)
{
    /// <summary>A terminal that was never asked.</summary>
    public static LastKnown Unasked { get; } = new(0, 0, 0, IsKnown: false);

    /// <summary>True for a terminal that is known to have had no receipt.</summary>
    [JsonIgnore]
    public bool IsBlank => IsKnown && TraceNumber == 0 && ReceiptNumber == 0 && TurnoverNumber == 0;

    /// <summary>With the numbers of a newer record; a number that it leaves out stays the older one.</summary>
    public LastKnown Newer(CapturedStatus status) => new(
        status.TraceNumber == 0 ? TraceNumber : status.TraceNumber,
        status.ReceiptNumber == 0 ? ReceiptNumber : status.ReceiptNumber,
        status.TurnoverNumber == 0 ? TurnoverNumber : status.TurnoverNumber);
}

/// <summary>What a till asks for.</summary>
/// <param name="Kind">Which way money moves.</param>
/// <param name="AmountMinor">Minor units; null when the request carries no amount.</param>
/// <param name="Currency">ISO 4217 letters.</param>
/// <param name="OriginalReceiptNumber">Receipt to be reversed; 0 for none.</param>
public sealed record PaymentRequest(PaymentKind Kind, long? AmountMinor, string Currency, uint OriginalReceiptNumber);

/// <summary>A payment that has no final outcome yet. Durable from before the request leaves until the outcome is.</summary>
public sealed record OpenPayment
{
    /// <summary>UUID text.</summary>
    public required string TransactionId { get; init; }

    /// <summary>What was asked for.</summary>
    public required PaymentRequest Request { get; init; }

    /// <summary>What the terminal had done before.</summary>
    public required LastKnown Before { get; init; }

    /// <summary>How far it has come.</summary>
    public PaymentStage Stage { get; init; }

    /// <summary>The last 04 0F, from <see cref="PaymentStage.StatusSeen"/> on.</summary>
    public CapturedStatus? Status { get; init; }

    /// <summary>Microseconds since 1970 on the agent's wall clock, when the intent was written.</summary>
    public long StartedUnixMicros { get; init; }

    /// <summary>What is known about the loss, in words.</summary>
    public string Evidence { get; init; } = string.Empty;
}

/// <summary>Count and sum in one currency.</summary>
/// <param name="Count">Approved records.</param>
/// <param name="SumMinor">Sales minus refunds and reversals, minor units.</param>
public sealed record BatchSum(uint Count, long SumMinor);

/// <summary>What the journal holds since the last settlement.</summary>
public sealed record BatchCounters
{
    /// <summary>By ISO 4217 letters.</summary>
    public IReadOnlyDictionary<string, BatchSum> Sums { get; init; } = new Dictionary<string, BatchSum>(StringComparer.Ordinal);

    /// <summary>Epoch of <see cref="AfterSequence"/>, hexadecimal; empty before the first settlement.</summary>
    public string Epoch { get; init; } = string.Empty;

    /// <summary>Sequence of the settlement before this batch.</summary>
    public ulong AfterSequence { get; init; }

    /// <summary>Approved records in all currencies.</summary>
    [JsonIgnore]
    public uint Count => (uint)Sums.Values.Sum(static s => s.Count);

    /// <summary>The counter of one currency.</summary>
    public BatchSum Of(string currency) => Sums.TryGetValue(currency, out var sum) ? sum : new BatchSum(0, 0);

    /// <summary>With one more approved record.</summary>
    /// <param name="currency">ISO 4217 letters.</param>
    /// <param name="signedMinor">Positive for money to the merchant.</param>
    public BatchCounters With(string currency, long signedMinor)
    {
        var before = Of(currency);
        var sums = new Dictionary<string, BatchSum>(Sums, StringComparer.Ordinal)
        {
            [currency] = new(before.Count + 1, before.SumMinor + signedMinor),
        };
        return this with { Sums = sums };
    }
}

/// <summary>Totals that a terminal reported.</summary>
public sealed record CapturedTotals
{
    /// <summary>BMP 27.</summary>
    public byte ResultCode { get; init; }

    /// <summary>Records in all groups of BMP 60; null when the terminal sent no BMP 60.</summary>
    public uint? Count { get; init; }

    /// <summary>BMP 04, minor units.</summary>
    public long SumMinor { get; init; }

    /// <summary>ISO 4217 letters.</summary>
    public string Currency { get; init; } = string.Empty;

    /// <summary>First receipt of the batch.</summary>
    public uint ReceiptFrom { get; init; }

    /// <summary>Last receipt of the batch.</summary>
    public uint ReceiptTo { get; init; }

    /// <summary>BMP 0B.</summary>
    public uint TraceNumber { get; init; }

    /// <summary>Groups of BMP 60 that are not empty.</summary>
    public IReadOnlyList<CapturedBrand> Brands { get; init; } = [];
}

/// <summary>One group of BMP 60.</summary>
public sealed record CapturedBrand(string Brand, uint Count, long SumMinor);

/// <summary>An end-of-day that was begun. Durable from before 06 50 leaves until its settlement is.</summary>
public sealed record OpenSettlement
{
    /// <summary>UUID text.</summary>
    public required string SettlementId { get; init; }

    /// <summary>Command that asked for it; empty when the till or the terminal did.</summary>
    public string CommandId { get; init; } = string.Empty;

    /// <summary>Totals of the X report just before, where the terminal makes one.</summary>
    public CapturedTotals? Before { get; init; }

    /// <summary>Totals of the end-of-day itself, durable before 04 0F is answered.</summary>
    public CapturedTotals? Totals { get; init; }
}

/// <summary>Receipt numbers that were used up without an approved payment.</summary>
/// <param name="Count">How many at most.</param>
public sealed record SpentNumbers(uint Count);

[JsonSerializable(typeof(OpenPayment))]
[JsonSerializable(typeof(SpentNumbers))]
[JsonSerializable(typeof(LastKnown))]
[JsonSerializable(typeof(BatchCounters))]
[JsonSerializable(typeof(OpenSettlement))]
internal sealed partial class CaptureJson : JsonSerializerContext;
