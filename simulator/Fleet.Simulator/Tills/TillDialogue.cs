using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>How a dialogue ended, seen from the till.</summary>
internal enum DialogueEnd
{
    /// <summary>06 0F.</summary>
    Completed,

    /// <summary>06 1E.</summary>
    Aborted,

    /// <summary>84 xx: nothing began.</summary>
    Refused,

    /// <summary>Silence or a lost connection after the command went out.</summary>
    Lost,

    /// <summary>The command never went out.</summary>
    NotSent,
}

/// <summary>What a dialogue brought.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Code">Result code of 06 1E or 84 xx.</param>
/// <param name="Status">Last 04 0F that was accepted.</param>
/// <param name="Data">Data of the completion.</param>
internal sealed record DialogueResult(DialogueEnd End, byte Code, StatusInformation? Status, ReadOnlyMemory<byte> Data);

/// <summary>The till's half of one connection: a plain, patient ECR that accepts whatever the terminal says.</summary>
internal sealed class TillDialogue(IZvtLink link, ZvtTimers timers)
{
    private const int StatusCode = 0x040F;
    private const int CompletionCode = 0x060F;
    private const int AbortCode = 0x061E;

    /// <summary>Sends a command and follows the dialogue to its end.</summary>
    public async Task<DialogueResult> RunAsync(Apdu command, CancellationToken cancellationToken)
    {
        if (await link.SendAsync(command, cancellationToken) is ZvtSendResult.Closed or ZvtSendResult.Refused)
        {
            return Ended(DialogueEnd.NotSent, null);
        }

        var response = await link.ReceiveAsync(timers.T3, cancellationToken);
        if (!response.HasApdu)
        {
            return Ended(DialogueEnd.Lost, null);
        }

        return response.Apdu.IsPositive
            ? await FollowAsync(cancellationToken)
            : new DialogueResult(DialogueEnd.Refused, response.Apdu.Instruction, null, default);
    }

    private async Task<DialogueResult> FollowAsync(CancellationToken cancellationToken)
    {
        StatusInformation? status = null;
        while (true)
        {
            var received = await link.ReceiveAsync(timers.T4, cancellationToken);
            if (!received.HasApdu)
            {
                return Ended(DialogueEnd.Lost, status);
            }

            var apdu = received.Apdu;
            if (apdu.Code == StatusCode)
            {
                status = StatusInformation.Parse(apdu).Value ?? status;
            }

            if (await link.SendAsync(Apdu.Positive, cancellationToken) != ZvtSendResult.Sent && apdu.Code != CompletionCode && apdu.Code != AbortCode)
            {
                return Ended(DialogueEnd.Lost, status);
            }

            switch (apdu.Code)
            {
                case CompletionCode:
                    return new DialogueResult(DialogueEnd.Completed, 0, status, apdu.Data);
                case AbortCode:
                    return new DialogueResult(DialogueEnd.Aborted, apdu.Data.IsEmpty ? (byte)0xFF : apdu.Data.Span[0], status, apdu.Data);
                default:
                    break;
            }
        }
    }

    private static DialogueResult Ended(DialogueEnd end, StatusInformation? status) => new(end, 0, status, default);
}
