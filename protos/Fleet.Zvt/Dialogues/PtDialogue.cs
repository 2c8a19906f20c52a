namespace Fleet.Zvt;

/// <summary>
/// One command of the ECR, seen by the PT. The handler answers it with <see cref="AcceptAsync"/>, <see cref="RefuseAsync"/> or <see cref="RespondAsync"/>; after accepting it
/// speaks until <see cref="CompleteAsync(Completion, CancellationToken)"/> or <see cref="AbortAsync(Abort, CancellationToken)"/>.
/// </summary>
public sealed class PtDialogue
{
    private const byte TimedOutOrKey = 0x6C;
    private const byte PleaseWait = 0x9C;
    private const byte PartialIssue = 0x9D;

    private readonly IZvtLink _link;
    private readonly PtSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _abortRequested;
    private readonly Lock _lock = new();
    private TaskCompletionSource<Apdu>? _awaited;
    private volatile bool _ended;
    private bool _answerEnds;

    internal PtDialogue(
        IZvtLink link, PtSessionOptions options, TimeProvider time, Apdu command, ZvtMessage message, PtRegistration registration, CancellationTokenSource abort)
    {
        _abortRequested = abort;
        _link = link;
        _options = options;
        _time = time;
        Command = command;
        Message = message;
        Registration = registration;
    }

    /// <summary>The command as it came.</summary>
    public Apdu Command { get; }

    /// <summary>The command with its fields.</summary>
    public ZvtMessage Message { get; }

    /// <summary>The registration in force; a successful 06 00 sets it.</summary>
    public PtRegistration Registration { get; internal set; }

    /// <summary>The response that was sent, 80 00 for example; null before.</summary>
    public Apdu? Response { get; private set; }

    /// <summary>The command was taken: the PT is master.</summary>
    public bool IsAccepted => Response is { IsPositive: true } && End != CommandEnd.Response;

    /// <summary>The master right is back at the ECR.</summary>
    public bool HasEnded => _ended;

    /// <summary>06 0F was sent.</summary>
    public bool Completed { get; private set; }

    /// <summary>A command of the PT was not answered: the dialogue is aborted (section 3). Only 06 0F and 06 1E still go out, because a late answer would pass for the answer
    /// to whatever came next.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>06 B0 is honoured now; cleared once the host is being contacted.</summary>
    public bool AbortAllowed { get; set; } = true;

    /// <summary>Cancelled when the ECR sent 06 B0 and was answered 80 00 00: end the dialogue with 06 1E 6C.</summary>
    public CancellationToken AbortRequested => _abortRequested.Token;

    private CommandEnd End => CommandTable.Find(Command.Code)?.End ?? CommandEnd.Completion;

    /// <summary>80 00: the command is taken.</summary>
    public Task<ZvtSendResult> AcceptAsync(CancellationToken cancellationToken) => RespondAsync(Apdu.Positive, cancellationToken);

    /// <summary>84 xx: the command is refused and over.</summary>
    public Task<ZvtSendResult> RefuseAsync(byte errorCode, CancellationToken cancellationToken) => RespondAsync(Apdu.Negative(errorCode), cancellationToken);

    /// <summary>Any response; it ends a command without completion.</summary>
    public async Task<ZvtSendResult> RespondAsync(Apdu response, CancellationToken cancellationToken)
    {
        if (Response is not null)
        {
            throw new InvalidOperationException("The command has its response");
        }

        Response = response;
        if (!IsAccepted)
        {
            _ended = true;
        }

        return await _link.SendAsync(response, cancellationToken);
    }

    /// <summary>Sends a command of the PT and waits for the ECR's answer; null without one, and for everything but the last word after that. 06 0F and 06 1E end the
    /// dialogue, whatever the answer.</summary>
    /// <param name="command">The command, as it goes over the wire.</param>
    /// <param name="timeout">Null for the goods time-out after 04 0F and T3 otherwise.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Apdu?> SendAsync(Apdu command, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (!IsAccepted || _ended)
        {
            throw new InvalidOperationException("The PT is not master");
        }

        var last = command.Code is Completion.MessageCode or Abort.MessageCode;
        if (IsBroken && !last)
        {
            return null;
        }

        var answer = await ExchangeAsync(command, last, timeout ?? TimeFor(command), cancellationToken);
        IsBroken |= answer is null;
        return answer;
    }

    private async Task<Apdu?> ExchangeAsync(Apdu command, bool last, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var awaited = Await(command);
        try
        {
            // The ECR may send its next command right after its answer: the dialogue is over before the last word is out.
            _ended = last;
            Completed = command.Code == Completion.MessageCode;
            if (await _link.SendAsync(command, cancellationToken) != ZvtSendResult.Sent)
            {
                return null;
            }

            return await awaited.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>04 FF, if the ECR wants it (config bit 08); true unless it was sent and not answered.</summary>
    public async Task<bool> ShowAsync(IntermediateStatus status, CancellationToken cancellationToken) =>
        !Registration.Config.HasFlag(ConfigByte.IntermediateStatus) || await SendAsync(status.ToApdu(), null, cancellationToken) is not null;

    /// <summary>06 D3 as one block if the ECR permits it, otherwise as 06 D1 lines. Null when one was not answered; the first negative answer otherwise, or the last one.</summary>
    public async Task<Apdu?> PrintAsync(PrintBlock block, CancellationToken cancellationToken)
    {
        if (Registration.AllowsPrintBlocks)
        {
            return await SendAsync(block.ToApdu(), null, cancellationToken);
        }

        Apdu? answer = Apdu.Positive;
        foreach (var (attribute, text) in block.Lines)
        {
            answer = await SendAsync(new PrintLine { Attribute = attribute, Text = text }.ToApdu(), null, cancellationToken);
            if (answer is null or { IsNegative: true })
            {
                return answer;
            }
        }

        return answer;
    }

    /// <summary>04 0F with the repeats of 84 9C and the meanings of section 9.2. Currency and TLV are left out where the ECR did not ask for them.</summary>
    public async Task<StatusAnswer> SendStatusAsync(StatusInformation status, CancellationToken cancellationToken)
    {
        var apdu = (status with { Fields = Conform(status.Fields) }).ToApdu();
        var limit = (Message as PaymentCommand)?.MaxStatusRepeats ?? _options.StatusRepeats;
        for (var repeat = 0; ; repeat++)
        {
            var answer = await SendAsync(apdu, null, cancellationToken);
            if (answer is not { Class: 0x84, Instruction: PleaseWait })
            {
                return Meaning(answer);
            }

            if (repeat == limit)
            {
                await SendAsync(new StatusInformation { ResultCode = TimedOutOrKey }.ToApdu(), _options.Timers.T3, cancellationToken);
                return new StatusAnswer(StatusAnswerKind.RepeatsExhausted);
            }

            await Task.Delay(_options.Timers.StatusRepeatPause, _time, cancellationToken);
        }
    }

    /// <summary>06 0F: success. False when the ECR did not answer; the payment stands nevertheless (section 9.2).</summary>
    public Task<bool> CompleteAsync(Completion completion, CancellationToken cancellationToken) =>
        EndAsync((completion with { Fields = Conform(completion.Fields) }).ToApdu(), cancellationToken);

    /// <summary>06 0F of a status enquiry.</summary>
    public Task<bool> CompleteAsync(StatusCompletion completion, CancellationToken cancellationToken) => EndAsync(completion.ToApdu(), cancellationToken);

    /// <summary>06 1E: failure.</summary>
    public Task<bool> AbortAsync(Abort abort, CancellationToken cancellationToken) => EndAsync(abort.ToApdu(), cancellationToken);

    /// <summary>06 1E with a result code.</summary>
    public Task<bool> AbortAsync(byte resultCode, CancellationToken cancellationToken) => AbortAsync(new Abort { ResultCode = resultCode }, cancellationToken);

    // Whoever sends the next command has the last word behind it: that is as good as an answer to it.
    internal void OnNextCommand() => OnResponse(Apdu.Positive);

    internal void OnResponse(Apdu response)
    {
        lock (_lock)
        {
            // The next command may stand right behind this answer.
            _ended |= _answerEnds && _awaited is not null && response is not { Class: 0x84, Instruction: PleaseWait };
            _awaited?.TrySetResult(response);
        }
    }

    internal async Task OnAbortRequestAsync(CancellationToken cancellationToken)
    {
        var allowed = AbortAllowed && IsAccepted && !_ended;
        await _link.SendAsync(allowed ? Apdu.Positive : _options.AbortRefusal, cancellationToken);
        if (allowed)
        {
            await _abortRequested.CancelAsync();
        }
    }

    private static StatusAnswer Meaning(Apdu? answer) => answer switch
    {
        null => new StatusAnswer(StatusAnswerKind.NoAnswer),
        { IsPositive: true } => new StatusAnswer(StatusAnswerKind.Accepted),
        { Instruction: PartialIssue } when BmpCodec.Parse(answer.Data, 0).Value?.Number(Bmp.Amount) is { } amount =>
            new StatusAnswer(StatusAnswerKind.Partial, amount),
        _ => new StatusAnswer(StatusAnswerKind.NotIssued, Code: answer.Instruction),
    };

    private async Task<bool> EndAsync(Apdu final, CancellationToken cancellationToken) =>
        await SendAsync(final, null, cancellationToken) is not null;

    private BmpSet Conform(BmpSet fields)
    {
        var own = (Message as BmpMessage)?.Fields ?? BmpSet.Empty;
        var currency = Registration.Currency is not null || own.Has(Bmp.Currency) || Message is Registration { Currency: not null };
        var tlv = Registration.TlvAllowed || own.Has(Bmp.Tlv);
        return fields.Without(f => (f.Tag == Bmp.Currency && !currency) || (f.Tag == Bmp.Tlv && !tlv));
    }

    private TimeSpan TimeFor(Apdu command)
    {
        if (command.Code != StatusInformation.MessageCode)
        {
            return _options.Timers.T3;
        }

        return (Message as PaymentCommand)?.GoodsTimeout is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : _options.Timers.Goods;
    }

    private Task<Apdu> Await(Apdu command)
    {
        lock (_lock)
        {
            _answerEnds = End == CommandEnd.StatusInformation && command.Code == StatusInformation.MessageCode;
            _awaited = new TaskCompletionSource<Apdu>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _awaited.Task;
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            _awaited = null;
        }
    }
}
