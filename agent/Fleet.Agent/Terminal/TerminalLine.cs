using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>
/// The only owner of the line. Opens it for ever, introduces itself, and lends it to one user at a time.
/// </summary>
public sealed class TerminalLine : ILineUse, IAsyncDisposable
{
    private readonly TerminalManner _manner;
    private readonly ITerminalOpener _opener;
    private readonly TerminalIntroduction _introduction;
    private readonly IReadOnlyList<ILineDuty> _duties;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly LineTurn _turn;

    /// <summary>A line that does nothing until <see cref="RunAsync"/>.</summary>
    public TerminalLine(
        TerminalManner manner,
        ITerminalOpener opener,
        TerminalIntroduction introduction,
        IEnumerable<ILineDuty> duties,
        TimeProvider clock,
        ILogger<TerminalLine> logger)
    {
        (_manner, _opener, _introduction, _duties, _clock, _logger) = (manner, opener, introduction, [.. duties], clock, logger);
        _turn = new LineTurn(manner, introduction.IsDoubtful, clock, logger);
    }

    /// <summary>Where the terminal is and how it is spoken to.</summary>
    public TerminalOptions Options => _manner.Options;

    /// <summary>How this kind of terminal is spoken to.</summary>
    public TerminalManner Manner => _manner;

    /// <summary>How the line stands.</summary>
    public LineStatus Status => _turn.Status;

    /// <summary>Completes when the status changes or the line is there for its users; take it before looking.</summary>
    public Task Changed => _turn.Changed;

    /// <inheritdoc/>
    public bool IsServingTill => _turn.Holder == LineUser.Till;

    /// <summary>
    /// Asks for the line. A till does not wait for another till, but it does wait, at most <paramref name="atMost"/>, for the agent's
    /// own short questions. Without a usable line nobody waits.
    /// </summary>
    public Task<LineGrant> AcquireAsync(LineUser user, TimeSpan atMost, CancellationToken cancellationToken) => _turn.AcquireAsync(user, atMost, cancellationToken);

    /// <summary>Keeps the line open until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_introduction.IsOver)
            {
                _turn.SetStatus(new LineStatus(LineState.Retired, 0, "the terminal is retired"));
                return;
            }

            try
            {
                if (await OpenAsync(cancellationToken))
                {
                    failures = 0;
                    await KeepAsync(cancellationToken);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                TerminalLog.Stumbled(_logger, exception);
                _turn.SetStatus(Status with { State = LineState.TerminalSilent, Detail = exception.Message });
            }

            await CloseAsync();
            await Task.Delay(ReopenDelay(failures++), _clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _turn.Dispose();
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan two) => one < two ? one : two;

    private async Task<bool> OpenAsync(CancellationToken cancellationToken)
    {
        var opened = await _opener.OpenAsync(cancellationToken);
        if (opened.Link is null)
        {
            _turn.SetStatus(Status with { State = LineState.CableOut, Detail = opened.Failure });
            return false;
        }

        using var lease = await _turn.BeginAsync(opened.Link, opened.Ended, cancellationToken);
        var status = await _introduction.IntroduceAsync(lease, cancellationToken);
        _turn.SetStatus(status);
        if (status.State is not (LineState.Ready or LineState.TerminalBusy))
        {
            return false;
        }

        foreach (var duty in _duties)
        {
            await duty.PerformAsync(lease, cancellationToken);
        }

        return _turn.Admit(lease);
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (_turn.Signals() is { Broken.IsCompleted: false } signals)
        {
            var pause = Options.PollInterval == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : PollPause();
            try
            {
                await Task.WhenAny([signals.Broken, signals.Doubt, .. signals.Ended is null ? Array.Empty<Task>() : [signals.Ended]]).WaitAsync(pause, _clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                await PollAsync(TimeSpan.Zero, cancellationToken);
                continue;
            }

            if (signals.Ended is { IsCompleted: true } && !signals.Broken.IsCompleted)
            {
                _turn.Break(await signals.Ended);
            }
            else if (signals.Doubt.IsCompleted && !signals.Broken.IsCompleted)
            {
                await PollAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }
    }

    private async Task PollAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var grant = await AcquireAsync(LineUser.Housekeeping, atMost, cancellationToken);
        if (grant.Lease is not { } lease)
        {
            return;
        }

        using (lease)
        {
            if (await _introduction.PollAsync(lease, cancellationToken) is { } status)
            {
                _turn.SetStatus(status);
                if (status.State == LineState.Substituted)
                {
                    // It is opened anew: the introduction finds the same stranger, or the pinned device again.
                    _turn.Withdraw();
                    return;
                }
            }

            foreach (var duty in _duties.TakeWhile(_ => lease.IsAlive))
            {
                await duty.PerformAsync(lease, cancellationToken);
            }
        }
    }

    private async Task CloseAsync()
    {
        if (_turn.TakeLink() is { } link)
        {
            await link.DisposeAsync();
        }
    }

    // A busy terminal is asked sooner: somebody may be waiting for it.
    private TimeSpan PollPause() => Status.State == LineState.Ready ? Options.PollInterval : Min(Options.PollInterval, Options.ReadyPause);

    private TimeSpan ReopenDelay(int failures)
    {
        var full = Math.Min(Options.ReopenMaximum.Ticks, Options.ReopenMinimum.Ticks * Math.Pow(2, Math.Min(failures, 16)));
        return TimeSpan.FromTicks((long)(full * (0.5 + (0.5 * Random.Shared.NextDouble()))));
    }
}
