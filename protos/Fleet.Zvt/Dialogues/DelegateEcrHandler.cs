namespace Fleet.Zvt;

/// <summary>An <see cref="IEcrHandler"/> that is one function.</summary>
/// <param name="answer">Returns the answer to a message of the PT.</param>
public sealed class DelegateEcrHandler(Func<PtMessage, CancellationToken, ValueTask<Apdu>> answer) : IEcrHandler
{
    /// <summary>Answers everything as <see cref="EcrDialogue.DefaultAnswer"/> does.</summary>
    public static readonly DelegateEcrHandler Default = new(static (message, _) => ValueTask.FromResult(EcrDialogue.DefaultAnswer(message.Apdu)));

    /// <inheritdoc/>
    public ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken) => answer(message, cancellationToken);
}
