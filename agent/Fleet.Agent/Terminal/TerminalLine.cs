using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>
/// The only owner of the line. Opens it for ever, introduces itself, and lends it to one user at a time.
/// </summary>
public sealed class TerminalLine(
    TerminalManner manner,
    ITerminalOpener opener,
    TerminalIntroduction introduction,
    IEnumerable<ILineDuty> duties,
    TimeProvider clock,
    ILogger<TerminalLine> logger) : ILineUse, IAsyncDisposable
{
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);

    // Between the last message of a dialogue and the end of its lease another till can already be on its way.
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(150);

    // Held by whoever speaks with the terminal; _holder says who it is.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private IZvtLink? _link;
    private LineUser? _holder;
    private bool _admitsUsers;
    private LineStatus _status = LineStatus.Starting;
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _broken = NewSignal();
    private TaskCompletionSource _doubt = NewSignal();
    private Task<string>? _ended;

    /// <summary>Where the terminal is and how it is spoken to.</summary>
    public TerminalOptions Options => manner.Options;

    /// <summary>How this kind of terminal is spoken to.</summary>
    public TerminalManner Manner => manner;

    /// <summary>How the line stands.</summary>
    public LineStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>Completes when the status changes or the line is there for its users; take it before looking.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>
    /// Asks for the line. A till does not wait for another till, but it does wait, at most <paramref name="atMost"/>, for the agent's
    /// own short questions. Without a usable line nobody waits.
    /// </summary>
    public async Task<LineGrant> AcquireAsync(LineUser user, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            LineUser? holder;
            lock (_lock)
            {
                if (!_admitsUsers)
                {
                    return new LineGrant(null, null, _status);
                }

                holder = _holder;
            }

            var bound = user == LineUser.Till && holder == LineUser.Till ? HandOver : atMost;
            var left = bound == Timeout.InfiniteTimeSpan ? BusyPause : bound - clock.GetElapsedTime(started);
            if (await _turn.WaitAsync(left < TimeSpan.Zero ? TimeSpan.Zero : Min(left, BusyPause), cancellationToken))
            {
                if (TryLend(user) is { } lease)
                {
                    return new LineGrant(lease, null, Status);
                }

                _turn.Release();
                continue;
            }

            if (left <= TimeSpan.Zero)
            {
                return new LineGrant(null, holder, Status);
            }
        }
    }

    /// <summary>Keeps the line open until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (introduction.IsOver)
            {
                SetStatus(new LineStatus(LineState.Retired, 0, "the terminal is retired"));
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
                TerminalLog.Stumbled(logger, exception);
                SetStatus(Status with { State = LineState.TerminalSilent, Detail = exception.Message });
            }

            await CloseAsync();
            await Task.Delay(ReopenDelay(failures++), clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _turn.Dispose();
    }

    /// <inheritdoc/>
    public bool IsServingTill
    {
        get
        {
            lock (_lock)
            {
                return _holder == LineUser.Till;
            }
        }
    }

    /// <summary>A dialogue has ended with this status information: where it names another device, the line asks who is there before anybody else speaks.</summary>
    internal void Look(Apdu? status)
    {
        if (introduction.IsDoubtful(status))
        {
            lock (_lock)
            {
                _doubt.TrySetResult();
            }
        }
    }

    internal void Break(string detail)
    {
        bool cableOut;
        lock (_lock)
        {
            _admitsUsers = false;
            cableOut = _ended is { IsCompleted: true };
            _broken.TrySetResult();
        }

        SetStatus(Status with { State = cableOut ? LineState.CableOut : LineState.TerminalSilent, Detail = detail });
    }

    internal void Release()
    {
        lock (_lock)
        {
            _holder = null;
        }

        _turn.Release();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Min(TimeSpan one, TimeSpan two) => one < two ? one : two;

    private async Task<bool> OpenAsync(CancellationToken cancellationToken)
    {
        var opened = await opener.OpenAsync(cancellationToken);
        if (opened.Link is null)
        {
            SetStatus(Status with { State = LineState.CableOut, Detail = opened.Failure });
            return false;
        }

        await _turn.WaitAsync(cancellationToken);
        LineLease lease;
        lock (_lock)
        {
            _link = opened.Link;
            _holder = LineUser.Housekeeping;
            _broken = NewSignal();
            _ended = opened.Ended;
            lease = new LineLease(this, opened.Link, clock, logger);
        }

        using (lease)
        {
            var status = await introduction.IntroduceAsync(lease, cancellationToken);
            SetStatus(status);
            if (status.State is not (LineState.Ready or LineState.TerminalBusy))
            {
                return false;
            }

            foreach (var duty in duties)
            {
                await duty.PerformAsync(lease, cancellationToken);
            }

            return Admit(lease);
        }
    }

    // Said aloud: the status was set before the duties, when nobody could have the line yet.
    private bool Admit(LineLease lease)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _admitsUsers = lease.IsAlive;
            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();
        return lease.IsAlive;
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        Task broken;
        Task<string>? ended;
        lock (_lock)
        {
            (broken, ended) = (_broken.Task, _ended);
        }

        while (!broken.IsCompleted)
        {
            var pause = Options.PollInterval == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : PollPause();
            var doubt = Doubt();
            try
            {
                await Task.WhenAny([broken, doubt, .. ended is null ? Array.Empty<Task>() : [ended]]).WaitAsync(pause, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                await PollAsync(TimeSpan.Zero, cancellationToken);
                continue;
            }

            if (ended is { IsCompleted: true } && !broken.IsCompleted)
            {
                Break(await ended);
            }
            else if (doubt.IsCompleted && !broken.IsCompleted)
            {
                await PollAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }
    }

    private Task Doubt()
    {
        lock (_lock)
        {
            _doubt = _doubt.Task.IsCompleted ? NewSignal() : _doubt;
            return _doubt.Task;
        }
    }

    // Nobody gets the line any more, and it is opened anew: the introduction finds the same stranger, or the pinned device again.
    private void Stop()
    {
        lock (_lock)
        {
            _admitsUsers = false;
            _broken.TrySetResult();
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
            if (await introduction.PollAsync(lease, cancellationToken) is { } status)
            {
                SetStatus(status);
                if (status.State == LineState.Substituted)
                {
                    Stop();
                    return;
                }
            }

            foreach (var duty in duties.TakeWhile(_ => lease.IsAlive))
            {
                await duty.PerformAsync(lease, cancellationToken);
            }
        }
    }

    private async Task CloseAsync()
    {
        IZvtLink? link;
        lock (_lock)
        {
            _admitsUsers = false;
            (link, _link) = (_link, null);
        }

        if (link is not null)
        {
            await link.DisposeAsync();
        }
    }

    private LineLease? TryLend(LineUser user)
    {
        lock (_lock)
        {
            if (!_admitsUsers || _link is null)
            {
                return null;
            }

            _holder = user;
            return new LineLease(this, _link, clock, logger);
        }
    }

    private void SetStatus(LineStatus status)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_status == status)
            {
                return;
            }

            _status = status;
            (changed, _changed) = (_changed, NewSignal());
        }

        TerminalLog.State(logger, status.State, status.Detail);
        changed.TrySetResult();
    }

    // A busy terminal is asked sooner: somebody may be waiting for it.
    private TimeSpan PollPause() => Status.State == LineState.Ready ? Options.PollInterval : Min(Options.PollInterval, Options.ReadyPause);

    private TimeSpan ReopenDelay(int failures)
    {
        var full = Math.Min(Options.ReopenMaximum.Ticks, Options.ReopenMinimum.Ticks * Math.Pow(2, Math.Min(failures, 16)));
        return TimeSpan.FromTicks((long)(full * (0.5 + (0.5 * Random.Shared.NextDouble()))));
    }
}
