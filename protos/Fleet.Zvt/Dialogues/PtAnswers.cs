namespace Fleet.Zvt;

/// <summary>What the ECR's answer to 04 0F means (reference section 9.2).</summary>
public enum StatusAnswerKind
{
    /// <summary>80 00 or 84 00: the payment is final.</summary>
    Accepted,

    /// <summary>84 9D: only <see cref="StatusAnswer.Amount"/> is booked.</summary>
    Partial,

    /// <summary>84 xx: goods not issued, the PT reverses.</summary>
    NotIssued,

    /// <summary>84 9C more often than allowed: the PT has sent 04 0F 27 6C and reverses.</summary>
    RepeatsExhausted,

    /// <summary>No answer in time or the line failed: the PT reverses automatically.</summary>
    NoAnswer,
}

/// <summary>The ECR's answer to 04 0F.</summary>
/// <param name="Kind">Its meaning.</param>
/// <param name="Amount">With <see cref="StatusAnswerKind.Partial"/>: minor units that were issued.</param>
/// <param name="Code">With <see cref="StatusAnswerKind.NotIssued"/>: the error code.</param>
public readonly record struct StatusAnswer(StatusAnswerKind Kind, long? Amount = null, byte Code = 0)
{
    /// <summary>True when something stays booked.</summary>
    public bool KeepsPayment => Kind is StatusAnswerKind.Accepted or StatusAnswerKind.Partial;
}
