namespace Fleet.Testing;

/// <summary>
/// A clock that moves only when a test says so. Timers fire on the thread that calls <see cref="Advance"/>,
/// in the order of their due times. Wall clock and monotonic clock can be moved apart with <see cref="SetWallClock"/>.
/// </summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<TestTimer> _timers = [];
    private long _ticks;
    private TimeSpan _wallOffset;
    private TaskCompletionSource _timersChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first wall-clock time of every test: a date that no test may depend on by accident.</summary>
    public static readonly DateTimeOffset Start = new(2026, 3, 14, 12, 34, 56, TimeSpan.Zero);

    /// <summary>Monotonic frequency: one tick is 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are armed and not disposed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count(static t => t.Due is not null);
            }
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _ticks;
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return Start + _wallOffset + TimeSpan.FromTicks(_ticks);
        }
    }

    /// <summary>Jumps the wall clock without moving monotonic time or firing a timer.</summary>
    public void SetWallClock(DateTimeOffset now)
    {
        lock (_lock)
        {
            _wallOffset = now - Start - TimeSpan.FromTicks(_ticks);
        }
    }

    /// <summary>Moves time on and fires what falls due, one timer after the other.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long end;
        lock (_lock)
        {
            end = _ticks + by.Ticks;
        }

        while (NextDue(end) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _ticks = end;
        }
    }

    /// <summary>Completes once at least <paramref name="count"/> timers are armed: the code under test is waiting.</summary>
    public async Task WaitForTimersAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_timers.Count(static t => t.Due is not null) >= count)
                {
                    return;
                }

                changed = _timersChanged.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TestTimer(this, callback, state);
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    private TestTimer? NextDue(long end)
    {
        lock (_lock)
        {
            var next = _timers.Where(t => t.Due <= end).MinBy(static t => t.Due);
            if (next is not null)
            {
                _ticks = Math.Max(_ticks, next.Due!.Value);
                next.Due = next.Period > TimeSpan.Zero ? _ticks + next.Period.Ticks : null;
            }

            return next;
        }
    }

    private void Arm(TestTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        bool fireNow;
        TaskCompletionSource changed;
        lock (_lock)
        {
            timer.Period = period;
            timer.Due = dueTime < TimeSpan.Zero ? null : _ticks + dueTime.Ticks;
            fireNow = dueTime == TimeSpan.Zero;
            if (fireNow)
            {
                timer.Due = period > TimeSpan.Zero ? _ticks + period.Ticks : null;
            }

            changed = _timersChanged;
            _timersChanged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
        if (fireNow)
        {
            ThreadPool.QueueUserWorkItem(static t => ((TestTimer)t!).Fire(), timer);
        }
    }

    private void Remove(TestTimer timer)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
        }
    }

    private sealed class TestTimer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long? Due { get; set; }

        public TimeSpan Period { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Arm(this, dueTime, period);
            return true;
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
