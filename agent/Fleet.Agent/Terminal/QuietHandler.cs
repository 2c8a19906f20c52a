using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Answers everything positively and keeps what a question of the agent wants to know.</summary>
public sealed class QuietHandler : IEcrHandler
{
    /// <summary>The last 04 0F of this dialogue; null when none came or none could be read.</summary>
    public BmpSet? Status { get; private set; }

    /// <inheritdoc/>
    public ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken)
    {
        if (message is { IsLate: false, Code: StatusInformation.MessageCode })
        {
            Status = BmpCodec.Parse(message.Apdu.Data, 0).Value;
        }

        return ValueTask.FromResult(EcrDialogue.DefaultAnswer(message.Apdu));
    }
}
