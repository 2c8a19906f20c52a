namespace Fleet.Zvt;

/// <summary>How an ECR command ended.</summary>
public enum EcrOutcomeKind
{
    /// <summary>06 0F was seen, or the command ends with its positive response.</summary>
    Completed,

    /// <summary>06 1E with a result code.</summary>
    Aborted,

    /// <summary>84 xx in place of 80 00.</summary>
    Refused,

    /// <summary>The PT does not have the command: the link was closed, or every transmission was answered with NAK.</summary>
    NotSent,

    /// <summary>Nobody here can tell; <see cref="EcrOutcome.Point"/> says how far it came. Money commands go to recovery (section 15.2), never to repetition.</summary>
    Unknown,
}

/// <summary>How far a command came before its outcome was lost (reference section 15.1).</summary>
public enum UnknownPoint
{
    /// <summary>A: frame sent, no ACK after all transmissions: perhaps nothing, perhaps accepted.</summary>
    NotAcknowledged,

    /// <summary>B: acknowledged, but neither 80 nor 84 within T3.</summary>
    NoResponse,

    /// <summary>C: accepted, then silence, or the answer to 04 0F did not accept the payment.</summary>
    NoOutcome,

    /// <summary>D: approval seen, but our answer perhaps not received: either final or reversed automatically.</summary>
    AnswerUncertain,

    /// <summary>E: our answer was received, 06 0F is missing: the payment counts.</summary>
    NoCompletion,
}

/// <summary>The end of an ECR command.</summary>
public sealed record EcrOutcome
{
    /// <summary>How it ended.</summary>
    public required EcrOutcomeKind Kind { get; init; }

    /// <summary>Result code of 06 1E, or error code of 84 xx; 0 otherwise.</summary>
    public byte ResultCode { get; init; }

    /// <summary>Set exactly when <see cref="Kind"/> is <see cref="EcrOutcomeKind.Unknown"/>.</summary>
    public UnknownPoint? Point { get; init; }

    /// <summary>The last message of the PT: 06 0F, 06 1E, the response of a command without completion, or the refusal.</summary>
    public Apdu? Final { get; init; }

    /// <summary>The last 04 0F of this dialogue, if there was one.</summary>
    public Apdu? Status { get; init; }

    /// <summary>Our last answer to 04 0F was positive or a partial issue.</summary>
    public bool StatusAccepted { get; init; }

    /// <summary>Reason in words, free of message content.</summary>
    public string? Detail { get; init; }

    /// <summary>06 0F was seen, or point E: the spec counts the payment as successful (section 15.1).</summary>
    public bool IsFinalSuccess => Kind == EcrOutcomeKind.Completed || Point == UnknownPoint.NoCompletion;

    /// <summary>The PT has said, or cannot have begun: nothing was booked.</summary>
    public bool IsFinalFailure => Kind is EcrOutcomeKind.Aborted or EcrOutcomeKind.Refused or EcrOutcomeKind.NotSent;
}
