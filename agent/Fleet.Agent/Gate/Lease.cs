using System.Globalization;
using System.Text;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Gate;

/// <summary>How far a lane has stepped down because the server was not heard.</summary>
public enum LeaseStep
{
    /// <summary>The server was heard, or no lease was ever given.</summary>
    Held,

    /// <summary>Somebody should look; nothing is refused.</summary>
    Warned,

    /// <summary>Lower caps on single payments.</summary>
    LowerLimit,

    /// <summary>A new payment only while the server misses none.</summary>
    NoOffline,

    /// <summary>No payments.</summary>
    Locked,
}

/// <summary>
/// The lease of a lane: every signed heartbeat renews it, and without one the lane steps down as configured. It is counted in the fleet's
/// time, so neither a restart nor a clock that is set makes it longer. A payment that is running is never cut; a lease that is renewed
/// lifts every step at once.
/// </summary>
public sealed class Lease(FleetTime time, LeaseOptions options, ITransactionJournal journal, ICrashPoints crashPoints, ILogger<Lease> logger)
{
    /// <summary>Key of the step that was told last.</summary>
    public const string StateKey = "gate/lease";

    // Owned by the loop that calls WatchAsync.
    private LeaseStep? _told;

    /// <summary>How long the server was not heard; zero when it never was.</summary>
    public TimeSpan Age => time.LastSigned is { } heard && time.Now > heard ? time.Now - heard : TimeSpan.Zero;

    /// <summary>The step in force.</summary>
    public LeaseStep Step
    {
        get
        {
            var age = Age;
            return options.Steps.LastOrDefault(s => s.After > TimeSpan.Zero && age >= s.After) is { After.Ticks: > 0 } reached ? reached.Step : LeaseStep.Held;
        }
    }

    /// <summary>The cap of the step in force on one payment, or null.</summary>
    public long? Cap(string currency) => Step >= LeaseStep.LowerLimit && options.LowerLimits.TryGetValue(currency, out var cap) ? cap : null;

    /// <summary>Alarms when the step is another than was told last. The step itself holds whether or not it was told.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        _told ??= await ReadToldAsync(cancellationToken);
        var step = Step;
        if (step == _told)
        {
            return;
        }

        LeaseLog.Stepped(logger, _told.Value, step, Age);
        var change = new StateChange(StateKey, Encoding.UTF8.GetBytes(step.ToString()));
        var detail = $"the server was not heard for {Age.ToString("d'd 'hh':'mm", CultureInfo.InvariantCulture)}: {_told} to {step}";
        var write = step == LeaseStep.Held
            ? new JournalWrite { State = [change] }
            : JournalWrite.Of(step >= LeaseStep.NoOffline ? Alarms.Critical(ReasonCodes.LeaseStep, detail) : Alarms.Warning(ReasonCodes.LeaseStep, detail), change);
        crashPoints.Reached("lease-before");
        await journal.AppendAsync(write, cancellationToken);
        crashPoints.Reached("lease-durable");
        _told = step;
    }

    private async Task<LeaseStep> ReadToldAsync(CancellationToken cancellationToken) =>
        await journal.ReadStateAsync(StateKey, cancellationToken) is { } stored && Enum.TryParse<LeaseStep>(Encoding.UTF8.GetString(stored), out var step)
            ? step
            : LeaseStep.Held;
}

/// <summary>Events 2310 to 2319.</summary>
internal static partial class LeaseLog
{
    [LoggerMessage(2310, LogLevel.Warning, "Lease moved from {From} to {To}: the server was last heard {Age} ago")]
    public static partial void Stepped(ILogger logger, LeaseStep from, LeaseStep to, TimeSpan age);

    [LoggerMessage(2311, LogLevel.Error, "The step of the lease could not be stored and is told later")]
    public static partial void NotTold(ILogger logger, Exception exception);
}
