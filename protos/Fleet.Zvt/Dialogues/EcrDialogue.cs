namespace Fleet.Zvt;

/// <summary>The side of the ECR that decides.</summary>
public interface IEcrHandler
{
    /// <summary>Gets every message of the PT before it is answered, 06 0F and 06 1E included, and returns the answer. What must survive is made durable in here.</summary>
    ValueTask<Apdu> AnswerAsync(PtMessage message, CancellationToken cancellationToken);

    /// <summary>The PT took the command (80 00) and is master now.</summary>
    ValueTask AcceptedAsync(Apdu response, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>An answer went out, or did not.</summary>
    ValueTask AnsweredAsync(PtMessage message, ZvtSendResult result, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>Runs ECR commands to their end, one at a time per terminal.</summary>
/// <param name="link">The line to the PT.</param>
/// <param name="timers">Timers of this terminal.</param>
/// <param name="time">Clock.</param>
/// <param name="rules">What a loss means on this terminal; null for <see cref="EcrRules.Default"/>.</param>
public sealed class EcrDialogue(IZvtLink link, ZvtTimers timers, TimeProvider time, EcrRules? rules = null)
{
    /// <summary>What an ECR answers that has nothing of its own to say: positive to everything it knows, 84 83 to the rest.</summary>
    public static Apdu DefaultAnswer(Apdu message) => message.Code switch
    {
        StatusInformation.MessageCode or IntermediateStatus.MessageCode or Completion.MessageCode or Abort.MessageCode or SetEcrDateTime.MessageCode
            or PrintLine.MessageCode or PrintBlock.MessageCode => Apdu.Positive,
        _ => Apdu.Negative(0x83),
    };

    /// <summary>Runs <paramref name="command"/>; the outcome is always a value, cancellation included.</summary>
    /// <param name="command">The command.</param>
    /// <param name="handler">Answers the PT. An exception of its own ends the dialogue unanswered and passes through.</param>
    /// <param name="cancellationToken">Gives up; the outcome says how far it came.</param>
    public async Task<EcrOutcome> RunAsync(Apdu command, IEcrHandler handler, CancellationToken cancellationToken)
    {
        using var conversation = new EcrConversation(link, timers, time, rules);
        return await RunAsync(conversation, command, handler, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Apdu, IEcrHandler, CancellationToken)"/>
    public Task<EcrOutcome> RunAsync(ZvtMessage command, IEcrHandler handler, CancellationToken cancellationToken) =>
        RunAsync(command.ToApdu(), handler, cancellationToken);

    /// <summary>Runs a command in a conversation of the caller's, who can ask it to abort meanwhile.</summary>
    public static async Task<EcrOutcome> RunAsync(
        EcrConversation conversation, Apdu command, IEcrHandler handler, CancellationToken cancellationToken)
    {
        var step = await conversation.StartAsync(command, null, cancellationToken);
        while (step.Kind != EcrStepKind.Ended)
        {
            if (step is { Kind: EcrStepKind.Message, Message: { } message })
            {
                var answer = await handler.AnswerAsync(message, cancellationToken);
                step = await conversation.AnswerAsync(answer, cancellationToken);
                await handler.AnsweredAsync(message, step.Sent, cancellationToken);
                continue;
            }

            if (step is { Kind: EcrStepKind.Accepted, Response: { } response })
            {
                await handler.AcceptedAsync(response, cancellationToken);
            }

            step = await conversation.NextAsync(cancellationToken);
        }

        return step.Outcome!;
    }
}
