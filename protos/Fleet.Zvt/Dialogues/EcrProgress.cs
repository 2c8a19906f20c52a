namespace Fleet.Zvt;

/// <summary>What an accepted command has come to: which point of reference section 15.1 a loss would be.</summary>
internal sealed class EcrProgress(bool sentMeansReceived, EcrRules rules)
{
    private bool _unproven;

    /// <summary>The last 04 0F.</summary>
    public Apdu? Status { get; private set; }

    /// <summary>Our last answer to 04 0F kept the payment.</summary>
    public bool Accepted { get; private set; }

    /// <summary>Where a loss would be now.</summary>
    public UnknownPoint Point { get; private set; } = UnknownPoint.NoOutcome;

    private UnknownPoint Proven => rules.ReceiptsDecide ? UnknownPoint.AnswerUncertain : UnknownPoint.NoCompletion;

    /// <summary>The PT said something: it has our last answer.</summary>
    public void Heard()
    {
        if (_unproven)
        {
            _unproven = false;
            Point = Proven;
        }
    }

    /// <summary>A message of the PT was answered.</summary>
    public void Answered(PtMessage message, Apdu answer, ZvtSendResult sent)
    {
        if (message.Code != StatusInformation.MessageCode)
        {
            return;
        }

        Status = message.Apdu;
        Accepted = answer.IsPositive || answer is { Class: 0x84, Instruction: 0x9D };

        // What cannot be read may be an approval.
        var approved = StatusInformation.Parse(message.Apdu).Value?.IsApproved ?? true;
        _unproven = false;
        if (!Accepted || !approved)
        {
            Point = UnknownPoint.NoOutcome;
        }
        else if (sent == ZvtSendResult.Sent && sentMeansReceived)
        {
            Point = Proven;
        }
        else
        {
            Point = UnknownPoint.AnswerUncertain;
            _unproven = sent == ZvtSendResult.Sent;
        }
    }

    /// <summary>The outcome when <paramref name="message"/> was the last word of the PT; null when it was not.</summary>
    public EcrOutcome? Final(PtMessage message, CommandEnd end) => message.Code switch
    {
        Completion.MessageCode => Finish(EcrOutcomeKind.Completed, message.Apdu, 0),
        Abort.MessageCode => Finish(EcrOutcomeKind.Aborted, message.Apdu, message.Apdu.Data.IsEmpty ? (byte)0 : message.Apdu.Data.Span[0]),
        StatusInformation.MessageCode when end == CommandEnd.StatusInformation => Finish(EcrOutcomeKind.Completed, message.Apdu, 0),
        _ => null,
    };

    public EcrOutcome Lose(UnknownPoint point, string? detail) =>
        new() { Kind = EcrOutcomeKind.Unknown, Point = point, Status = Status, StatusAccepted = Accepted, Detail = detail };

    private EcrOutcome Finish(EcrOutcomeKind kind, Apdu final, byte resultCode) =>
        new() { Kind = kind, ResultCode = resultCode, Final = final, Status = Status, StatusAccepted = Accepted };
}
