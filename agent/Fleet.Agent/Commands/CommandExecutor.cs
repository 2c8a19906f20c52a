using System.Collections.Concurrent;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// Executes commands one step at a time, by their counter. Its only memory is the store: after a crash it goes on at the stage that is
/// durable. While a command waits for something, those that the table of conflicts lets beside it have their turn.
/// </summary>
public sealed class CommandExecutor(
    CommandStore store, IEnumerable<ICommandPlan> plans, RetirementEnd retirementEnd, CommandOptions options, CommandTimes times, ILogger<CommandExecutor> logger)
{
    private readonly Dictionary<CommandKind, ICommandPlan> _plans = plans.SelectMany(static p => p.Kinds, static (p, kind) => (p, kind)).ToDictionary(static r => r.kind, static r => r.p);

    // A signed time may bring a start nearer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = times.Clock;

    // Written by the loop alone; the inbox looks at the keys.
    private readonly ConcurrentDictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Commands that have begun or are being looked at, oldest first.</summary>
    public IReadOnlyList<CommandRecord> Begun => [.. store.Open.Where(r => r.IsStarted || _turns.ContainsKey(r.Id))];

    /// <summary>True for a kind that this agent can execute.</summary>
    public bool Knows(CommandKind kind) => _plans.ContainsKey(kind);

    /// <summary>Executes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = store.Changed;
            if (store.ToErase is { } retired)
            {
                await retirementEnd.FinishAsync(retired, cancellationToken);
                continue;
            }

            ForgetFinished();
            var now = times.Fleet.Now;
            if (await RefuseAtStartAsync(now, cancellationToken))
            {
                continue;
            }

            if (Pick(now) is { } record)
            {
                await TakeStepAsync(record, changed, cancellationToken);
            }
            else if (await WaitAsync(changed, UntilNextTurn(now), cancellationToken))
            {
                // What a command waits for may have come.
                EndPauses();
            }
        }
    }

    // What has begun goes on unless it waits; then the oldest whose time has come, and only one that may run beside what waits.
    private CommandRecord? Pick(DateTimeOffset now)
    {
        var open = store.Open;
        if (open.FirstOrDefault(r => HasBegun(r) && !IsPausing(r)) is { } going)
        {
            return going;
        }

        var waiting = open.Where(HasBegun).ToList();
        return open.FirstOrDefault(r => !HasBegun(r) && IsDue(r, now) && waiting.TrueForAll(w => MayRunBeside(w, r)));
    }

    // A command that was given ahead meets what the world has become: where the table refuses what arrives, it refuses what starts.
    private async Task<bool> RefuseAtStartAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var open = store.Open;
        foreach (var record in open.Where(r => r.NotBeforeUnixMicros > 0 && !HasBegun(r) && IsDue(r, now)))
        {
            if (open.FirstOrDefault(b => HasBegun(b) && CommandConflicts.RuleFor(b.Kind, record.Kind) == ConflictRule.Refuse) is { } begun)
            {
                var move = new CommandMove(CommandStage.Failed, ReasonCodes.ConflictingCommand, $"at its start command {begun.Id} ({begun.Kind}) has begun");
                await store.MoveAsync(record, move, commit: null, cancellationToken);
                return true;
            }
        }

        return false;
    }

    private static bool MayRunBeside(CommandRecord waiting, CommandRecord next) =>
        CommandConflicts.RuleFor(waiting.Kind, next.Kind) is ConflictRule.Beside;

    private bool HasBegun(CommandRecord record) => record.IsStarted || _turns.ContainsKey(record.Id);

    private bool IsPausing(CommandRecord record) => _turns.TryGetValue(record.Id, out var turn) && turn.Left(_clock) > TimeSpan.Zero;

    private static bool IsDue(CommandRecord record, DateTimeOffset now) => UnixTime.Until(record.NotBeforeUnixMicros, now) <= TimeSpan.Zero;

    private async Task TakeStepAsync(CommandRecord record, Task changed, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(record.Id, static _ => new Turn());
        if (await EndedBeforeStepAsync(record, cancellationToken))
        {
            return;
        }

        StepOutcome outcome;
        using var step = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = InterruptWhenMovedAsync(record, changed, step);
        try
        {
            outcome = await _plans[record.Kind].StepAsync(record, step.Token);
        }
        catch (OperationCanceledException) when (step.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            outcome = StepOutcome.Moved;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it was, the stage is durable and the act is made to be repeated.
            CommandLog.Stumbled(logger, record.Id, record.Stage, exception);
            outcome = StepOutcome.Waiting(exception.Message);
        }
        finally
        {
            await step.CancelAsync();
            await watch;
        }

        if (outcome.Again)
        {
            turn.Reset();
            EndPauses();
            return;
        }

        await PauseAsync(record, turn, outcome, changed, cancellationToken);
    }

    private async Task<bool> EndedBeforeStepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (Superseder(record) is { } newer)
        {
            var move = new CommandMove(CommandStage.Failed, ReasonCodes.ConflictingCommand, $"command {newer.Id} ({newer.Kind}) takes its place");
            await store.MoveAsync(record, move, commit: null, cancellationToken);
            return true;
        }

        if (!record.IsStarted && UnixTime.Until(record.ExpiresUnixMicros, times.Fleet.Now) <= TimeSpan.Zero)
        {
            await store.MoveAsync(record, new CommandMove(CommandStage.Expired, ReasonCodes.Expired, "its validity ended before it could be started"), commit: null, cancellationToken);
            return true;
        }

        return false;
    }

    // A lower counter that has not begun comes later all the same, when its start was awaited.
    private CommandRecord? Superseder(CommandRecord record) => store.Open.FirstOrDefault(
        r => (r.Counter > record.Counter || (r.NotBeforeUnixMicros > 0 && !HasBegun(r)))
            && IsDue(r, times.Fleet.Now)
            && CommandConflicts.RuleFor(record.Kind, r.Kind) == ConflictRule.Supersede);

    private async Task InterruptWhenMovedAsync(CommandRecord record, Task changed, CancellationTokenSource step)
    {
        try
        {
            while (!step.IsCancellationRequested)
            {
                await changed.WaitAsync(step.Token);
                changed = store.Changed;
                if (store.Find(record.Id)?.Stage != record.Stage || Superseder(record) is not null)
                {
                    await step.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The step has ended.
        }
    }

    private async Task PauseAsync(CommandRecord record, Turn turn, StepOutcome outcome, Task changed, CancellationToken cancellationToken)
    {
        var delay = turn.Pause(_clock, options);
        if (outcome.Reason.Length > 0 && outcome.Reason != store.Find(record.Id)?.BlockedReason)
        {
            // Its own report of the block is no news to it; anything else that happened during the step is.
            var news = changed.IsCompleted;
            await store.MoveAsync(record, new CommandMove(CommandStage.Blocked, outcome.Reason, outcome.Detail), commit: null, cancellationToken);
            changed = news ? changed : store.Changed;
        }

        if (outcome.Reason.Length > 0)
        {
            CommandLog.Retry(logger, record.Id, record.Stage, outcome.Reason, outcome.Detail, delay);
        }

        if (changed.IsCompleted)
        {
            EndPauses();
        }
    }

    private void EndPauses()
    {
        foreach (var turn in _turns.Values)
        {
            turn.EndPause();
        }
    }

    private void ForgetFinished()
    {
        foreach (var id in _turns.Keys.Where(id => store.Find(id) is null or { IsFinal: true }))
        {
            _turns.TryRemove(id, out _);
        }
    }

    // By the same time that nothing was due at, so that what falls due meanwhile is not waited for in vain.
    private TimeSpan UntilNextTurn(DateTimeOffset now)
    {
        var starts = store.Open.Select(r => UnixTime.Until(r.NotBeforeUnixMicros, now)).Where(static t => t > TimeSpan.Zero);
        var pauses = _turns.Values.Where(static t => t.IsPaused).Select(t => t.Left(_clock));
        var waits = starts.Concat(pauses).Select(static t => t < TimeSpan.Zero ? TimeSpan.Zero : t).ToList();
        return waits.Count == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(Math.Min(waits.Min().Ticks, LongestWait.Ticks));
    }

    private async Task<bool> WaitAsync(Task changed, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(atMost, _clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            // The other thing that was waited for.
            return false;
        }
    }

    // How long a command has to wait before it is looked at again; owned by the loop.
    private sealed class Turn
    {
        private long _since;
        private TimeSpan _pause;
        private int _failures;

        public bool IsPaused => _pause > TimeSpan.Zero;

        public TimeSpan Left(TimeProvider clock) => _pause == TimeSpan.Zero ? TimeSpan.Zero : _pause - clock.GetElapsedTime(_since);

        public void Reset() => (_pause, _failures) = (TimeSpan.Zero, 0);

        public void EndPause() => _pause = TimeSpan.Zero;

        public TimeSpan Pause(TimeProvider clock, CommandOptions options)
        {
            var factor = Math.Pow(2, Math.Min(_failures++, 16));
            var full = TimeSpan.FromTicks((long)Math.Min(options.RetryMaximum.Ticks, options.RetryMinimum.Ticks * factor));
            _since = clock.GetTimestamp();
            return _pause = full * (0.75 + (0.5 * Random.Shared.NextDouble()));
        }
    }
}
