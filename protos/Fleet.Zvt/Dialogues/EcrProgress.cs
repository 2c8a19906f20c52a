namespace Fleet.Zvt;

/// <summary>What an accepted command has come to: which point of reference section 15.1 a loss would be.</summary>
internal sealed class EcrProgress(bool sentMeansReceived)
{
    private bool _unproven;

    /// <summary>The last 04 0F.</summary>
    public Apdu? Status { get; private set; }

    /// <summary>Our last answer to 04 0F kept the payment.</summary>
    public bool Accepted { get; private set; }

    /// <summary>Where a loss would be now.</summary>
    public UnknownPoint Point { get; private set; } = UnknownPoint.NoOutcome;

    /// <summary>The PT said something: it has our last answer.</summary>
    public void Heard()
    {
        if (_unproven)
        {
            _unproven = false;
            Point = UnknownPoint.NoCompletion;
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
            Point = UnknownPoint.NoCompletion;
        }
        else
        {
            Point = UnknownPoint.AnswerUncertain;
            _unproven = sent == ZvtSendResult.Sent;
        }
    }

    public EcrOutcome Finish(EcrOutcomeKind kind, Apdu final, byte resultCode) =>
        new() { Kind = kind, ResultCode = resultCode, Final = final, Status = Status, StatusAccepted = Accepted };

    public EcrOutcome Lose(UnknownPoint point, string? detail) =>
        new() { Kind = EcrOutcomeKind.Unknown, Point = point, Status = Status, StatusAccepted = Accepted, Detail = detail };
}
