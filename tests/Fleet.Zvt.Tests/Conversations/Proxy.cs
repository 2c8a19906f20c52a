namespace Fleet.Zvt.Tests.Conversations;

/// <summary>A terminal that is a proxy: forwards each message between a till and another terminal, step by step and byte by byte.</summary>
public sealed class Proxy(IZvtLink terminal) : IPtHandler
{
    public async Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        using var conversation = new EcrConversation(terminal, ZvtTimers.Default, TimeProvider.System);
        var step = await conversation.StartAsync(dialogue.Command, null, cancellationToken);
        while (step.Kind != EcrStepKind.Ended)
        {
            if (step is { Kind: EcrStepKind.Message, Message: { } message })
            {
                var answer = await dialogue.SendAsync(message.Apdu, null, cancellationToken);
                step = await conversation.AnswerAsync(answer ?? Apdu.Negative(0x6C), cancellationToken);
                continue;
            }

            if (step is { Kind: EcrStepKind.Accepted, Response: { } response })
            {
                await dialogue.RespondAsync(response, cancellationToken);
            }

            step = await conversation.NextAsync(cancellationToken);
        }

        if (dialogue.Response is null)
        {
            await dialogue.RespondAsync(step.Outcome?.Final ?? Apdu.Negative(0xA0), cancellationToken);
        }
        else if (!dialogue.HasEnded)
        {
            await dialogue.AbortAsync(0xA1, cancellationToken);
        }
    }
}
