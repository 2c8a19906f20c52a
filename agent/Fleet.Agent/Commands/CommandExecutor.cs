using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// Executes commands one after the other, by their counter. Its only memory is the store: after a crash it goes on at the stage
/// that is durable.
/// </summary>
public sealed class CommandExecutor(
    CommandStore store, IEnumerable<ICommandPlan> plans, RetirementEnd retirementEnd, CommandOptions options, TimeProvider clock, ILogger<CommandExecutor> logger)
{
    private readonly Dictionary<CommandKind, ICommandPlan> _plans = plans.ToDictionary(static p => p.Kind);
    private volatile string? _current;
    private int _failures;

    /// <summary>The command that has begun, or null.</summary>
    public CommandRecord? Begun
    {
        get
        {
            var open = store.Open;
            return open.FirstOrDefault(static r => r.IsStarted) ?? open.FirstOrDefault(r => r.Id == _current);
        }
    }

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

            var now = clock.GetUtcNow();
            if (Pick(now) is { } record)
            {
                await TakeStepAsync(record, changed, cancellationToken);
            }
            else
            {
                _current = null;
                await WaitAsync(changed, UntilNextStart(now), cancellationToken);
            }
        }
    }

    // What has begun goes on; otherwise the oldest whose time has come.
    private CommandRecord? Pick(DateTimeOffset now)
    {
        var open = store.Open;
        return open.FirstOrDefault(static r => r.IsStarted) ?? open.FirstOrDefault(r => UnixTime.Until(r.NotBeforeUnixMicros, now) <= TimeSpan.Zero);
    }

    private async Task TakeStepAsync(CommandRecord record, Task changed, CancellationToken cancellationToken)
    {
        if (_current != record.Id)
        {
            _current = record.Id;
            _failures = 0;
        }

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
            _failures = 0;
            return;
        }

        await PauseAsync(record, outcome, cancellationToken);
    }

    private async Task<bool> EndedBeforeStepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (Superseder(record) is { } newer)
        {
            var move = new CommandMove(CommandStage.Failed, ReasonCodes.ConflictingCommand, $"command {newer.Id} ({newer.Kind}) takes its place");
            await store.MoveAsync(record, move, commit: null, cancellationToken);
            return true;
        }

        if (!record.IsStarted && UnixTime.Until(record.ExpiresUnixMicros, clock.GetUtcNow()) <= TimeSpan.Zero)
        {
            await store.MoveAsync(record, new CommandMove(CommandStage.Expired, ReasonCodes.Expired, "its validity ended before it could be started"), commit: null, cancellationToken);
            return true;
        }

        return false;
    }

    private CommandRecord? Superseder(CommandRecord record) => store.Open.FirstOrDefault(
        r => r.Counter > record.Counter
            && UnixTime.Until(r.NotBeforeUnixMicros, clock.GetUtcNow()) <= TimeSpan.Zero
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

    private async Task PauseAsync(CommandRecord record, StepOutcome outcome, CancellationToken cancellationToken)
    {
        var changed = store.Changed;
        var delay = Delay(_failures++);
        if (outcome.Reason.Length > 0 && outcome.Reason != store.Find(record.Id)?.BlockedReason)
        {
            await store.MoveAsync(record, new CommandMove(CommandStage.Blocked, outcome.Reason, outcome.Detail), commit: null, cancellationToken);
            changed = store.Changed;
        }

        if (outcome.Reason.Length > 0)
        {
            CommandLog.Retry(logger, record.Id, record.Stage, outcome.Reason, outcome.Detail, delay);
        }

        await WaitAsync(changed, delay, cancellationToken);
    }

    private TimeSpan Delay(int failures)
    {
        var factor = Math.Pow(2, Math.Min(failures, 16));
        var full = TimeSpan.FromTicks((long)Math.Min(options.RetryMaximum.Ticks, options.RetryMinimum.Ticks * factor));
        return full * (0.75 + (0.5 * Random.Shared.NextDouble()));
    }

    private TimeSpan UntilNextStart(DateTimeOffset now)
    {
        var waiting = store.Open.Select(r => UnixTime.Until(r.NotBeforeUnixMicros, now)).Where(static t => t > TimeSpan.Zero).ToList();
        return waiting.Count == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(Math.Min(waiting.Min().Ticks, TimeSpan.TicksPerDay));
    }

    private async Task WaitAsync(Task changed, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(atMost, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The other thing that was waited for.
        }
    }
}
