namespace Fleet.Agent.Capture;

/// <summary>
/// What a Status-Information (04 0F) said about a payment, without anything that may not be kept: the card number is already
/// reduced to first six and last four digits.
/// </summary>
public sealed record CapturedStatus
{
    /// <summary>BMP 27; 0 = approved.</summary>
    public byte ResultCode { get; init; }

    /// <summary>BMP 04 in minor units; null when the terminal sent none.</summary>
    public long? AmountMinor { get; init; }

    /// <summary>BMP 49 as ISO 4217 letters; null when the terminal sent none.</summary>
    public string? Currency { get; init; }

    /// <summary>BMP 0B.</summary>
    public uint TraceNumber { get; init; }

    /// <summary>BMP 87.</summary>
    public uint ReceiptNumber { get; init; }

    /// <summary>BMP 37, of the original of a reversal.</summary>
    public uint OriginalTraceNumber { get; init; }

    /// <summary>BMP 88.</summary>
    public uint TurnoverNumber { get; init; }

    /// <summary>BMP 29, 8 digits.</summary>
    public string Tid { get; init; } = string.Empty;

    /// <summary>BMP 8A, or TLV 41 where 8A is FF.</summary>
    public uint CardType { get; init; }

    /// <summary>BMP 8B.</summary>
    public string CardName { get; init; } = string.Empty;

    /// <summary>BMP 22, at most first six and last four digits.</summary>
    public string MaskedPan { get; init; } = string.Empty;

    /// <summary>BMP 3B.</summary>
    public string ApprovalCode { get; init; } = string.Empty;

    /// <summary><c>YYYY-MM-DDTHH:MM:SS</c> of the terminal, year inferred; empty when the terminal sent no time.</summary>
    public string LocalTime { get; init; } = string.Empty;

    /// <summary>True when it reports an approval.</summary>
    public bool IsApproved => ResultCode == 0;
}
