using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>
/// Passes a dialogue between terminal and till, byte for byte. What must survive is durable before the till hears it. When the till
/// is gone the agent finishes the dialogue itself and accepts what the terminal reports.
/// </summary>
internal sealed class TillRelay(TillConnection till, IDialogueWitness witness, TimeSpan answerTimeout, TimeSpan goodsTimeout) : IEcrHandler
{
    private const byte CannotStore = 0xB2;

    /// <summary>True when the till has the positive response to its command.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>True when the till has 06 0F or 06 1E.</summary>
    public bool IsFinished { get; private set; }

    public async ValueTask AcceptedAsync(Apdu response, CancellationToken cancellationToken)
    {
        IsAccepted = true;
        await till.SendAsync(response, cancellationToken);
    }

    public async ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken)
    {
        if (message.IsLate)
        {
            // Of a dialogue that this till knows nothing of.
            return EcrDialogue.DefaultAnswer(message.Apdu);
        }

        try
        {
            await witness.HeardAsync(message, cancellationToken);
        }
        catch (JournalFaultException) when (message.Code == StatusInformation.MessageCode)
        {
            // Not durable, so not accepted: the terminal takes it back, and the till hears of the end only.
            return Apdu.Negative(CannotStore);
        }
        catch (JournalFaultException)
        {
            // The till must not hear what is not durable. It finds the outcome later with 06 20, as the agent does.
            till.Close();
            throw;
        }

        var answer = await AskTillAsync(message, cancellationToken);
        await witness.AnsweringAsync(message, answer, cancellationToken);
        return answer;
    }

    private async Task<Apdu> AskTillAsync(PtMessage message, CancellationToken cancellationToken)
    {
        var timeout = message.Code == StatusInformation.MessageCode ? goodsTimeout : answerTimeout;
        var asking = till.IsGone ? Task.FromResult<Apdu?>(null) : till.AskAsync(message.Apdu, timeout, cancellationToken);
        witness.Meanwhile();
        var answer = await asking;
        IsFinished |= message.Code is Completion.MessageCode or Abort.MessageCode;
        return answer ?? EcrDialogue.DefaultAnswer(message.Apdu);
    }
}
