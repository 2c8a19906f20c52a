using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>How the till answered a command of the terminal.</summary>
internal enum TillAnswerKind
{
    /// <summary>80 00 or 84 00.</summary>
    Positive,

    /// <summary>84 xx.</summary>
    Negative,

    /// <summary>Nothing in time, or the line is gone.</summary>
    None,
}

/// <summary>An answer of the till.</summary>
internal readonly record struct TillAnswer(TillAnswerKind Kind, byte Code = 0, ReadOnlyMemory<byte> Data = default)
{
    public static readonly TillAnswer None = new(TillAnswerKind.None);

    public bool IsPositive => Kind == TillAnswerKind.Positive;
}

/// <summary>
/// The terminal's half of a dialogue on one line: what it says and what it hears while it has the master right. The till may ask for an
/// abort at any time (06 B0); everything else out of turn is answered 84 9C.
/// </summary>
internal sealed class PtConversation(IZvtLink link, ZvtTimers timers)
{
    private bool _lost;

    /// <summary>The till asked to stop and the terminal agreed.</summary>
    public bool AbortRequested { get; private set; }

    /// <summary>06 B0 is honoured: true until the acquirer is asked.</summary>
    public bool Abortable { get; set; }

    /// <summary>The line is gone; nothing more will be heard.</summary>
    public bool Lost => _lost;

    /// <summary>A new dialogue begins.</summary>
    public void Begin()
    {
        AbortRequested = false;
        Abortable = true;
    }

    /// <summary>Answers the till. False: it did not take the answer.</summary>
    public async ValueTask<bool> RespondAsync(Apdu response, CancellationToken cancellationToken)
    {
        var sent = await link.SendAsync(response, cancellationToken);
        return sent == ZvtSendResult.Sent;
    }

    /// <summary>Sends a command and waits for its answer for T3.</summary>
    public ValueTask<TillAnswer> AskAsync(Apdu command, CancellationToken cancellationToken) =>
        AskAsync(command, timers.T3, cancellationToken);

    /// <summary>Sends a command and waits for its answer.</summary>
    public async ValueTask<TillAnswer> AskAsync(Apdu command, TimeSpan within, CancellationToken cancellationToken)
    {
        return await SendAsync(command, cancellationToken) ? await AnswerAsync(within, cancellationToken) : TillAnswer.None;
    }

    /// <summary>Sends a command. False: the till may not have it.</summary>
    public async ValueTask<bool> SendAsync(Apdu command, CancellationToken cancellationToken) =>
        !_lost && await link.SendAsync(command, cancellationToken) == ZvtSendResult.Sent;

    /// <summary>Waits for the answer to a command that was sent.</summary>
    public async ValueTask<TillAnswer> AnswerAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await link.ReceiveAsync(within, cancellationToken);
            if (received.Kind == ZvtReceiveKind.Closed)
            {
                _lost = true;
            }

            if (!received.HasApdu)
            {
                return TillAnswer.None;
            }

            if (received.Apdu.IsResponse)
            {
                return received.Apdu.IsPositive
                    ? new TillAnswer(TillAnswerKind.Positive, 0, received.Apdu.Data)
                    : new TillAnswer(TillAnswerKind.Negative, received.Apdu.Instruction, received.Apdu.Data);
            }

            await InterruptedAsync(received.Apdu, cancellationToken);
        }
    }

    /// <summary>Waits for <paramref name="work"/> and hears the till meanwhile; ends early when the till aborts and that is allowed.</summary>
    public async ValueTask WhileAsync(Task work, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = work.ContinueWith(_ => done.CancelAsync(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();
        while (!work.IsCompleted && !_lost && !AbortRequested)
        {
            try
            {
                var received = await link.ReceiveAsync(Timeout.InfiniteTimeSpan, done.Token);
                if (received.HasApdu)
                {
                    await InterruptedAsync(received.Apdu, cancellationToken);
                }

                _lost |= received.Kind == ZvtReceiveKind.Closed;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        if (!AbortRequested)
        {
            await work;
            await ended;
        }
    }

    private async ValueTask InterruptedAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        if (apdu.IsResponse)
        {
            return;
        }

        var honoured = apdu.Code == AbortRequest.MessageCode && Abortable;
        AbortRequested |= honoured;
        var refusal = apdu.Code == AbortRequest.MessageCode ? ResultCodes.NotPossible : ResultCodes.Busy;
        await link.SendAsync(honoured ? Apdu.Positive : Apdu.Negative(refusal), cancellationToken);
    }
}
