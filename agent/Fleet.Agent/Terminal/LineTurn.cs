using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>
/// Whose turn it is on the open link, and how the line stands. It opens and closes nothing: <see cref="TerminalLine"/> gives it a link and takes it
/// away. May be used from any thread.
/// </summary>
internal sealed class LineTurn(TerminalManner manner, Func<Apdu?, bool> isDoubtful, TimeProvider clock, ILogger logger) : IDisposable
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

    /// <summary>How the terminal is spoken to.</summary>
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

    /// <summary>Who speaks with the terminal; null for nobody.</summary>
    public LineUser? Holder
    {
        get
        {
            lock (_lock)
            {
                return _holder;
            }
        }
    }

    /// <inheritdoc cref="TerminalLine.AcquireAsync"/>
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
            if (await _turn.WaitAsync(left < TimeSpan.Zero ? TimeSpan.Zero : left < BusyPause ? left : BusyPause, cancellationToken))
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

    /// <summary>A link was opened: the first turn on it is the agent's own, and nobody else has one before <see cref="Admit"/>.</summary>
    public async Task<LineLease> BeginAsync(IZvtLink link, Task<string>? ended, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        lock (_lock)
        {
            _link = link;
            _holder = LineUser.Housekeeping;
            _broken = NewSignal();
            _ended = ended;
            return new LineLease(this, link, clock, logger);
        }
    }

    /// <summary>From here on everybody may ask for the line; false when it was lost meanwhile.</summary>
    public bool Admit(LineLease lease)
    {
        // Said aloud: the status was set before, when nobody could have the line yet.
        TaskCompletionSource changed;
        lock (_lock)
        {
            _admitsUsers = lease.IsAlive;
            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();
        return lease.IsAlive;
    }

    /// <summary>Nobody gets the line any more; whoever has it keeps it. Completes <see cref="Signals"/> as a loss does.</summary>
    public void Withdraw()
    {
        lock (_lock)
        {
            _admitsUsers = false;
            _broken.TrySetResult();
        }
    }

    /// <summary>The link that is to be closed, if there is one: nobody gets it any more.</summary>
    public IZvtLink? TakeLink()
    {
        lock (_lock)
        {
            _admitsUsers = false;
            (var link, _link) = (_link, null);
            return link;
        }
    }

    /// <summary>What ends or disturbs the rest between two dialogues.</summary>
    public LineSignals Signals()
    {
        lock (_lock)
        {
            _doubt = _doubt.Task.IsCompleted ? NewSignal() : _doubt;
            return new LineSignals(_broken.Task, _doubt.Task, _ended);
        }
    }

    /// <summary>A dialogue has ended with this status information: where it names another device, somebody has to ask who is there before anybody else speaks.</summary>
    public void Look(Apdu? status)
    {
        if (isDoubtful(status))
        {
            lock (_lock)
            {
                _doubt.TrySetResult();
            }
        }
    }

    /// <summary>The line is lost, or the terminal in the middle of something that only a new opening ends.</summary>
    public void Break(string detail)
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

    /// <summary>A lease has ended.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _holder = null;
        }

        _turn.Release();
    }

    /// <summary>Publishes how the line stands.</summary>
    public void SetStatus(LineStatus status)
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

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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
}

/// <summary>What ends or disturbs the rest between two dialogues.</summary>
/// <param name="Broken">The line is lost or withdrawn.</param>
/// <param name="Doubt">Another device may be there.</param>
/// <param name="Ended">The link has ended, and why; null where a link cannot tell.</param>
internal readonly record struct LineSignals(Task Broken, Task Doubt, Task<string>? Ended);
