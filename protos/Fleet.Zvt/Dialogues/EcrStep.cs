namespace Fleet.Zvt;

/// <summary>What comes next in a conversation.</summary>
public enum EcrStepKind
{
    /// <summary>The PT took the command and is master now: ask for the next step.</summary>
    Accepted,

    /// <summary>The PT said something: answer it.</summary>
    Message,

    /// <summary>The answer went out as well as could be: ask for the next step.</summary>
    Continue,

    /// <summary>The conversation is over.</summary>
    Ended,
}

/// <summary>One step of <see cref="EcrConversation"/>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Response">With <see cref="EcrStepKind.Accepted"/>: the response of the PT.</param>
/// <param name="Message">With <see cref="EcrStepKind.Message"/>: what the PT said.</param>
/// <param name="Outcome">With <see cref="EcrStepKind.Ended"/>: the outcome.</param>
/// <param name="Sent">With <see cref="EcrStepKind.Continue"/>: how the answer went out.</param>
public readonly record struct EcrStep(
    EcrStepKind Kind, Apdu? Response = null, PtMessage? Message = null, EcrOutcome? Outcome = null, ZvtSendResult Sent = ZvtSendResult.Sent);
