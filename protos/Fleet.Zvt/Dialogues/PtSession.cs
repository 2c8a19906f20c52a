namespace Fleet.Zvt;

/// <summary>The terminal behind a session: does what a command asks for.</summary>
public interface IPtHandler
{
    /// <summary>Answers one command and, if it accepted it, speaks until the end of the dialogue. The next command comes after it returned.</summary>
    /// <param name="dialogue">The command and the line.</param>
    /// <param name="cancellationToken">Cancelled when the link ends or the session stops: nothing more can be said.</param>
    Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken);
}

/// <summary>
/// The terminal side of a link: takes the commands of the ECR one at a time, keeps the master right, answers what cannot be read or is not known, and hands the rest to its
/// handler.
/// </summary>
/// <param name="link">The line to the ECR.</param>
/// <param name="handler">The terminal.</param>
/// <param name="options">Settings.</param>
/// <param name="time">Clock.</param>
public sealed class PtSession(IZvtLink link, IPtHandler handler, PtSessionOptions options, TimeProvider time)
{
    private const byte NotKnown = 0x83;
    private const byte ProtocolError = 0x9A;
    private const byte SystemError = 0xFF;

    private PtDialogue? _dialogue;
    private Task _running = Task.CompletedTask;

    /// <summary>The registration in force. A terminal that remembers it over a restart sets it before it runs.</summary>
    public PtRegistration Registration { get; set; } = PtRegistration.None;

    /// <summary>Serves the line until it ends; returns the reason. A failure of the handler ends its dialogue with 06 1E FF and passes through.</summary>
    /// <exception cref="OperationCanceledException">The session was stopped.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                var received = await link.ReceiveAsync(Timeout.InfiniteTimeSpan, ending.Token);
                switch (received.Kind)
                {
                    case ZvtReceiveKind.Closed:
                        return received.Detail ?? "closed";
                    case ZvtReceiveKind.ProtocolError when _running.IsCompleted:
                        await link.SendAsync(Apdu.Negative(ProtocolError), ending.Token);
                        break;
                    case ZvtReceiveKind.Apdu when received.Apdu!.IsResponse:
                        _dialogue?.OnResponse(received.Apdu);
                        break;
                    case ZvtReceiveKind.Apdu:
                        await OnCommandAsync(received.Apdu!, ending);
                        break;
                    default:
                        break;
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await _running;
        }
    }

    private async Task OnCommandAsync(Apdu command, CancellationTokenSource ending)
    {
        var cancellationToken = ending.Token;
        if (_dialogue is { HasEnded: false } running && !_running.IsCompleted)
        {
            await OnIntrusionAsync(running, command, cancellationToken);
            return;
        }

        _dialogue?.OnNextCommand();
        await _running;
        if (!(options.Knows?.Invoke(command.Code) ?? CommandTable.Find(command.Code) is { End: not CommandEnd.FromTerminal }))
        {
            await link.SendAsync(Apdu.Negative(NotKnown), cancellationToken);
            return;
        }

        if (Unreadable(command, out var message) is { } error)
        {
            await link.SendAsync(Apdu.Negative(error.AnswerCode), cancellationToken);
            return;
        }

        _dialogue = new PtDialogue(link, options, time, command, message!, Registration, new CancellationTokenSource());
        _running = HandleAsync(_dialogue, ending);
    }

    private async Task OnIntrusionAsync(PtDialogue running, Apdu command, CancellationToken cancellationToken)
    {
        if (command.Code == AbortRequest.MessageCode)
        {
            await running.OnAbortRequestAsync(cancellationToken);
        }
        else if (command.Equals(running.Command))
        {
            // The ECR missed our response and repeats its command: it is answered again and never executed again (section 2.4 c).
            if (running.Response is { } response)
            {
                await link.SendAsync(response, cancellationToken);
            }
        }
        else if (options.BusyAnswer is { } busy)
        {
            await link.SendAsync(busy, cancellationToken);
        }
    }

    private async Task HandleAsync(PtDialogue dialogue, CancellationTokenSource ending)
    {
        var cancellationToken = ending.Token;
        // The reader must go on reading while the handler speaks.
        await Task.Yield();
        try
        {
            await handler.HandleAsync(dialogue, cancellationToken);
            await CloseAsync(dialogue, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The line is gone; there is nobody to tell.
        }
        catch (Exception)
        {
            await CloseAsync(dialogue, cancellationToken);
            await ending.CancelAsync();
            throw;
        }

        Registration = RegistrationAfter(dialogue);
    }

    private static async Task CloseAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        if (dialogue.Response is null)
        {
            await dialogue.RefuseAsync(NotKnown, cancellationToken);
        }
        else if (dialogue.IsAccepted && !dialogue.HasEnded && dialogue.Message is not ReadCard)
        {
            await dialogue.AbortAsync(SystemError, cancellationToken);
        }
    }

    private PtRegistration RegistrationAfter(PtDialogue dialogue) => dialogue.Message switch
    {
        LogOff when dialogue.Response is { IsPositive: true } => PtRegistration.AfterLogOff,
        Registration registration when dialogue.Completed => PtRegistration.From(registration),
        _ => Registration,
    };

    private static ZvtError? Unreadable(Apdu command, out ZvtMessage? message)
    {
        var parsed = ZvtMessages.Parse(command);
        message = parsed.Value;
        if (!parsed.Ok)
        {
            return parsed.Error;
        }

        if (message is not BmpMessage { Fields: var fields })
        {
            return null;
        }

        return fields.Unknown ?? (fields.Find(Bmp.Tlv) is { } tlv ? TlvContainer.Parse(tlv.Value, tlv.Offset).Error : null);
    }
}
