using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>What a wait for the line brought.</summary>
/// <param name="Lease">The line; null when it is not to be had.</param>
/// <param name="HeldBy">Who holds it, when that is why.</param>
/// <param name="Status">How the line stands.</param>
public sealed record LineGrant(LineLease? Lease, LineUser? HeldBy, LineStatus Status);

/// <summary>The exclusive right to speak with the terminal. Disposed when the work is done.</summary>
public sealed class LineLease : IDisposable
{
    private const byte NoSuchCommand = 0x83;

    private readonly LineTurn _turn;
    private readonly IZvtLink _link;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _disposed;

    internal LineLease(LineTurn turn, IZvtLink link, TimeProvider clock, ILogger logger)
    {
        _turn = turn;
        _link = link;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Where the terminal is and how it is spoken to.</summary>
    public TerminalOptions Options => _turn.Manner.Options;

    /// <summary>Longest silence of this terminal inside a dialogue (T4).</summary>
    public TimeSpan DialogueTimeout => _turn.Manner.Timers.T4;

    /// <summary>False once the line was lost under this lease; everything further is answered with NotSent.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>True on a serial line, where a terminal that waits for an answer repeats its last frame.</summary>
    public bool RepeatsFrames => _link.SentMeansReceived;

    /// <summary>Prepares a conversation, so that others can ask for its end while it runs.</summary>
    public EcrConversation Prepare() => new(_link, _turn.Manner.Timers, _clock, _turn.Manner.Rules);

    /// <summary>
    /// Runs a command of the agent's own to its end, as the terminal's profile has it. One that this kind of terminal is known not to have is not sent:
    /// it ends as the terminal would end it, refused with 83.
    /// </summary>
    public Task<EcrOutcome> RunAsync(ZvtMessage command, IEcrHandler handler, CancellationToken cancellationToken) => _turn.Manner.Adapt(command) is { } adapted
        ? RunAsync(adapted.ToApdu(), handler, cancellationToken)
        : Task.FromResult(new EcrOutcome { Kind = EcrOutcomeKind.Refused, ResultCode = NoSuchCommand, Detail = $"{_turn.Manner.Profile.Name} has no command {command.Code:X4}" });

    /// <summary>Runs a command to its end. When the end was not seen the line is opened anew after this lease.</summary>
    public async Task<EcrOutcome> RunAsync(Apdu command, IEcrHandler handler, CancellationToken cancellationToken)
    {
        using var conversation = Prepare();
        return await RunAsync(conversation, command, handler, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Apdu, IEcrHandler, CancellationToken)"/>
    public async Task<EcrOutcome> RunAsync(EcrConversation conversation, Apdu command, IEcrHandler handler, CancellationToken cancellationToken)
    {
        if (!IsAlive)
        {
            return new EcrOutcome { Kind = EcrOutcomeKind.NotSent, Detail = "the line was lost before" };
        }

        EcrOutcome outcome;
        try
        {
            outcome = await EcrDialogue.RunAsync(conversation, command, handler, cancellationToken);
        }
        catch
        {
            // The handler could not go on: the terminal is left in the middle, and only a new opening gets it out.
            Break("a message of the terminal could not be dealt with");
            throw;
        }

        cancellationToken.ThrowIfCancellationRequested();
        _turn.Look(outcome.Status);
        if (outcome.Kind is EcrOutcomeKind.Unknown or EcrOutcomeKind.NotSent)
        {
            Break(outcome.Detail ?? outcome.Point?.ToString() ?? "no answer");
            TerminalLog.Lost(_logger, command.Code, outcome.Detail ?? string.Empty);
        }
        else if (outcome.Kind == EcrOutcomeKind.Refused)
        {
            TerminalLog.Refused(_logger, command.Code, outcome.ResultCode);
        }

        return outcome;
    }

    /// <summary>
    /// Lets a terminal finish a dialogue that an earlier run of this agent was in: until it ends with 06 0F or 06 1E, or the terminal
    /// says nothing for <paramref name="patience"/>.
    /// </summary>
    public async Task ListenLateAsync(IEcrHandler handler, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _link.ReceiveAsync(patience, cancellationToken);
            if (received.Kind is ZvtReceiveKind.Timeout or ZvtReceiveKind.Closed)
            {
                return;
            }

            if (received.Apdu is not { IsResponse: false } message)
            {
                continue;
            }

            var answer = await handler.AnswerAsync(new PtMessage(message, default, IsLate: true, IsRepeat: false), cancellationToken);
            await _link.SendAsync(answer, cancellationToken);
            if (message.Code is Completion.MessageCode or Abort.MessageCode)
            {
                return;
            }

            patience = DialogueTimeout;
        }
    }

    /// <summary>Gives the line back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            IsAlive = false;
            _turn.Release();
        }
    }

    private void Break(string detail)
    {
        IsAlive = false;
        _turn.Break(detail);
    }
}
