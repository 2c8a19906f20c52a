namespace Fleet.Zvt.Tests.Dialogues;

/// <summary>An ECR that notes everything in order and answers as told, positively by default.</summary>
public sealed class RecordingEcr(Func<PtMessage, Apdu>? answer = null) : IEcrHandler
{
    private readonly List<string> _notes = [];
    private readonly Lock _lock = new();

    /// <summary>What happened, for example <c>accepted</c>, <c>040F</c>, <c>answered 040F Sent</c>.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_lock)
            {
                return [.. _notes];
            }
        }
    }

    public List<PtMessage> Messages { get; } = [];

    public ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken)
    {
        Messages.Add(message);
        Note($"{message.Code:X4}{(message.IsLate ? " late" : string.Empty)}{(message.IsRepeat ? " repeat" : string.Empty)}");
        return ValueTask.FromResult(answer?.Invoke(message) ?? EcrDialogue.DefaultAnswer(message.Apdu));
    }

    public ValueTask AcceptedAsync(Apdu response, CancellationToken cancellationToken)
    {
        Note("accepted");
        return ValueTask.CompletedTask;
    }

    public ValueTask AnsweredAsync(PtMessage message, ZvtSendResult result, CancellationToken cancellationToken)
    {
        Note($"answered {message.Code:X4} {result}");
        return ValueTask.CompletedTask;
    }

    private void Note(string note)
    {
        lock (_lock)
        {
            _notes.Add(note);
        }
    }
}
