using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Sees a dialogue and makes durable what must survive. Called one message after the other, under the line's lease.</summary>
public interface IDialogueWitness
{
    /// <summary>The terminal said something that neither the till nor an answer has followed yet.</summary>
    Task HeardAsync(PtMessage message, CancellationToken cancellationToken);

    /// <summary>The answer that is about to go to the terminal.</summary>
    Task AnsweringAsync(PtMessage message, Apdu answer, CancellationToken cancellationToken);

    /// <summary>The dialogue is over, however it ended.</summary>
    Task EndedAsync(EcrOutcome outcome, CancellationToken cancellationToken);

    /// <summary>What was due has gone out and somebody else has to answer: time for what nobody waits for, a line of the log for instance.</summary>
    void Meanwhile()
    {
    }
}

/// <summary>
/// Offers a witness for a status enquiry: inside it a terminal may do things of its own accord, an automatic end-of-day for instance
/// (reference section 14.9).
/// </summary>
public interface IStatusWitness
{
    /// <summary>A witness for one 05 01.</summary>
    IDialogueWitness Begin();
}

/// <summary>Sees nothing worth keeping.</summary>
public sealed class NoWitness : IDialogueWitness
{
    /// <summary>The only instance that is needed.</summary>
    public static NoWitness Instance { get; } = new();

    /// <inheritdoc/>
    public Task HeardAsync(PtMessage message, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task AnsweringAsync(PtMessage message, Apdu answer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task EndedAsync(EcrOutcome outcome, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A dialogue of the agent's own: a witness, and the default answers.</summary>
public sealed class WitnessedHandler(IDialogueWitness witness) : IEcrHandler
{
    /// <inheritdoc/>
    public async ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken)
    {
        await witness.HeardAsync(message, cancellationToken);
        witness.Meanwhile();
        var answer = EcrDialogue.DefaultAnswer(message.Apdu);
        await witness.AnsweringAsync(message, answer, cancellationToken);
        return answer;
    }
}
