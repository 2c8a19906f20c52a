using Fleet.Agent.Health;
using Fleet.Agent.Terminal;

namespace Fleet.Agent.Hosting.Control;

/// <summary><c>trace on</c> and <c>trace off</c>: the recording of the line, and the log.</summary>
public sealed class TraceSwitch(LineTrace trace, LogLevelSwitch level)
{
    /// <summary>Begins; for the person who asked.</summary>
    public async Task<string> OnAsync(CancellationToken cancellationToken)
    {
        level.IsTracing = true;
        const string Logged = "Everything is logged until 'trace off' or the next start.";
        return await trace.BeginAsync(cancellationToken) is { } fault
            ? $"{Logged} The line is not recorded: {fault}"
            : $"{Logged} The line is recorded in {trace.Path}, at most {trace.Options.MaximumBytes / 1024} kB, for at most {DurationText.Of(trace.Options.MaximumAge)}.";
    }

    /// <summary>Ends; for the person who asked.</summary>
    public async Task<string> OffAsync(CancellationToken cancellationToken)
    {
        level.IsTracing = false;
        await trace.EndAsync(cancellationToken);
        return $"Logged from {level.Configured} on, as configured. The line is not recorded any more.";
    }
}
