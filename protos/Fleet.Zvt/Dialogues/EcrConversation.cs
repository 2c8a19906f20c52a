namespace Fleet.Zvt;

/// <summary>
/// One ECR command step by step (state machine of reference section 1): for a proxy that forwards each message elsewhere before it answers. Call <see cref="StartAsync"/>,
/// then <see cref="NextAsync"/> after every step but <see cref="EcrStepKind.Message"/>, which wants <see cref="AnswerAsync"/>, until a step is
/// <see cref="EcrStepKind.Ended"/>. Used once, by one caller at a time; only <see cref="RequestAbort"/> may come from elsewhere.
/// </summary>
public sealed class EcrConversation : IDisposable
{
    private static readonly TimeSpan OneMinute = TimeSpan.FromMinutes(1);

    private readonly IZvtLink _link;
    private readonly ZvtTimers _timers;
    private readonly EcrListener _listener;
    private readonly EcrProgress _progress;
    private readonly Silence _silence;
    private Apdu _command = Apdu.Positive;
    private CommandEnd _end;
    private DialogueContext _context;
    private Phase _phase = Phase.Fresh;
    private PtMessage? _unanswered;

    /// <param name="link">The line to the PT.</param>
    /// <param name="timers">Timers of this terminal.</param>
    /// <param name="time">Clock.</param>
    /// <param name="rules">What a loss means on this terminal; null for <see cref="EcrRules.Default"/>. See <see cref="VendorProfile.RulesFor"/>.</param>
    public EcrConversation(IZvtLink link, ZvtTimers timers, TimeProvider time, EcrRules? rules = null)
    {
        _link = link;
        _listener = new EcrListener(link);
        _timers = timers;
        _progress = new EcrProgress(link.SentMeansReceived, rules ?? EcrRules.Default);
        _silence = new Silence(time);
    }

    private enum Phase
    {
        Fresh,

        /// <summary>What the PT still says from an earlier dialogue is taken before anything is sent.</summary>
        Draining,
        Sending,
        AwaitingResponse,
        TerminalIsMaster,
        Ended,
    }

    /// <summary>The command of this conversation.</summary>
    public Apdu Command => _command;

    /// <summary>The outcome; null until the conversation has ended.</summary>
    public EcrOutcome? Outcome { get; private set; }

    /// <summary>Sends the command. The first step may be a late message of an earlier dialogue.</summary>
    /// <param name="command">The command, as it goes over the wire.</param>
    /// <param name="end">How it ends, where the command table does not know it.</param>
    /// <param name="cancellationToken">Ends the conversation with <see cref="EcrOutcomeKind.NotSent"/> or <see cref="EcrOutcomeKind.Unknown"/>.</param>
    public Task<EcrStep> StartAsync(Apdu command, CommandEnd? end, CancellationToken cancellationToken)
    {
        if (_phase != Phase.Fresh)
        {
            throw new InvalidOperationException("A conversation is used once");
        }

        _command = command;
        _end = end ?? CommandTable.Find(command.Code)?.End ?? CommandEnd.Completion;
        _context = DialogueContext.After(command);
        _phase = Phase.Draining;
        return NextAsync(cancellationToken);
    }

    /// <summary>Waits for what the PT does next.</summary>
    /// <param name="cancellationToken">Ends the conversation; the outcome says how far it came.</param>
    public async Task<EcrStep> NextAsync(CancellationToken cancellationToken)
    {
        if (_unanswered is not null || _phase == Phase.Fresh)
        {
            throw new InvalidOperationException("The last message of the PT is not answered yet, or nothing was started");
        }

        try
        {
            return await AdvanceAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Lost("cancelled");
        }
    }

    /// <summary>Answers the message of the last step.</summary>
    /// <param name="answer">80 00, 84 00 or 84 xx; for 04 0F the meanings of section 9.2.</param>
    /// <param name="cancellationToken">Ends the conversation; the outcome says how far it came.</param>
    public async Task<EcrStep> AnswerAsync(Apdu answer, CancellationToken cancellationToken)
    {
        var message = _unanswered ?? throw new InvalidOperationException("There is no message to answer");
        _unanswered = null;
        ZvtSendResult sent;
        try
        {
            sent = await _link.SendAsync(answer, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            sent = ZvtSendResult.NotAcknowledged;
        }

        if (message.IsLate)
        {
            _silence.Restart();
            return new EcrStep(EcrStepKind.Continue, Sent: sent);
        }

        _progress.Answered(message, answer, sent);
        if (_progress.Final(message, _end) is { } outcome)
        {
            return End(outcome);
        }

        // When the link has given up, what still comes, comes soon.
        _silence.Restart(sent == ZvtSendResult.Sent || _silence.Limit < _timers.T3 ? _silence.Limit : _timers.T3);
        return new EcrStep(EcrStepKind.Continue, Sent: sent);
    }

    /// <summary>Asks the PT to stop (06 B0) as soon as it is master. A request only: the conversation still ends by 06 0F or 06 1E.</summary>
    public void RequestAbort() => _listener.WantAbort();

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task<EcrStep> AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_phase == Phase.Draining && await DrainAsync(cancellationToken) is { } late)
        {
            return late;
        }

        return _phase switch
        {
            Phase.Sending => await SendAsync(cancellationToken),
            Phase.AwaitingResponse => await AwaitResponseAsync(cancellationToken),
            Phase.TerminalIsMaster => await AwaitMessageAsync(cancellationToken),
            Phase.Ended => new EcrStep(EcrStepKind.Ended, Outcome: Outcome),
            _ => throw new InvalidOperationException("No such phase: " + _phase),
        };
    }

    private async Task<EcrStep?> DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _link.ReceiveAsync(TimeSpan.Zero, cancellationToken);
            switch (received.Kind)
            {
                case ZvtReceiveKind.Apdu when !received.Apdu!.IsResponse:
                    return Say(received.Apdu, late: true);
                case ZvtReceiveKind.Closed:
                    return End(new EcrOutcome { Kind = EcrOutcomeKind.NotSent, Detail = received.Detail });
                case ZvtReceiveKind.Timeout:
                    _phase = Phase.Sending;
                    return null;
                default:
                    break;
            }
        }
    }

    private async Task<EcrStep> SendAsync(CancellationToken cancellationToken)
    {
        var sent = await _link.SendAsync(_command, cancellationToken);
        switch (sent)
        {
            case ZvtSendResult.Sent:
                _phase = Phase.AwaitingResponse;
                _silence.Restart(Silence.ResponseTime(_command, _timers));
                return await AwaitResponseAsync(cancellationToken);
            case ZvtSendResult.NotAcknowledged:
                return Lost("no acknowledgement");
            default:
                return End(new EcrOutcome { Kind = EcrOutcomeKind.NotSent, Detail = sent.ToString() });
        }
    }

    private async Task<EcrStep> AwaitResponseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _link.ReceiveAsync(_silence.Left, cancellationToken);
            switch (received.Kind)
            {
                case ZvtReceiveKind.Apdu when received.Apdu!.IsResponse:
                    return OnResponse(received.Apdu);
                case ZvtReceiveKind.Apdu:
                    return Say(received.Apdu!, late: true);
                case ZvtReceiveKind.Timeout:
                    return Lost("no response within T3");
                case ZvtReceiveKind.Closed:
                    return Lost(received.Detail);
                default:
                    break;
            }
        }
    }

    private EcrStep OnResponse(Apdu response)
    {
        if (response.IsNegative)
        {
            return End(new EcrOutcome { Kind = EcrOutcomeKind.Refused, ResultCode = response.Instruction, Final = response });
        }

        if (_end == CommandEnd.Response)
        {
            return End(new EcrOutcome { Kind = EcrOutcomeKind.Completed, Final = response });
        }

        _phase = Phase.TerminalIsMaster;
        _silence.Restart(_timers.T4);
        return new EcrStep(EcrStepKind.Accepted, Response: response);
    }

    private async Task<EcrStep> AwaitMessageAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _listener.ListenAsync(() => _silence.Left, cancellationToken);
            switch (received.Kind)
            {
                case ZvtReceiveKind.Apdu when !received.Apdu!.IsResponse:
                    return OnMessage(received.Apdu);
                case ZvtReceiveKind.Timeout:
                    return Lost("the terminal fell silent");
                case ZvtReceiveKind.Closed:
                    return Lost(received.Detail);
                default:
                    // The response to 06 B0, or bytes that are no APDU: the dialogue goes on.
                    break;
            }
        }
    }

    private EcrStep OnMessage(Apdu apdu)
    {
        _progress.Heard();
        switch (apdu.Code)
        {
            case IntermediateStatus.MessageCode:
                if (IntermediateStatus.Parse(apdu).Value?.T4Minutes is > 0 and var minutes)
                {
                    _silence.Restart(minutes * OneMinute);
                }

                _silence.Restart();
                break;
            case StatusInformation.MessageCode:
            case 0x06D8 or 0x06D9 or 0x06DA or 0x06DB:
                _silence.Restart();
                break;
            default:
                break;
        }

        return Say(apdu, late: false);
    }

    private EcrStep Say(Apdu apdu, bool late)
    {
        var repeat = !late && apdu.Code == StatusInformation.MessageCode && _progress.Status is { } last
            && MessageIds.Without(apdu, _context).Equals(MessageIds.Without(last, _context));
        _unanswered = new PtMessage(apdu, late ? default : _context, late, repeat);
        return new EcrStep(EcrStepKind.Message, Message: _unanswered);
    }

    private EcrStep Lost(string? detail) => _phase switch
    {
        Phase.Draining or Phase.Fresh => End(new EcrOutcome { Kind = EcrOutcomeKind.NotSent, Detail = detail }),
        Phase.Sending => End(_progress.Lose(UnknownPoint.NotAcknowledged, detail)),
        Phase.AwaitingResponse => End(_progress.Lose(UnknownPoint.NoResponse, detail)),
        Phase.TerminalIsMaster => End(_progress.Lose(_progress.Point, detail)),
        Phase.Ended => new EcrStep(EcrStepKind.Ended, Outcome: Outcome),
        _ => throw new InvalidOperationException("No such phase: " + _phase),
    };

    private EcrStep End(EcrOutcome outcome)
    {
        _phase = Phase.Ended;
        Outcome = outcome;
        return new EcrStep(EcrStepKind.Ended, Outcome: outcome);
    }
}
