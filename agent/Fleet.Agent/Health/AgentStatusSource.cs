using System.Globalization;
using Fleet.Agent.Hosting;
using Fleet.Agent.Link;

namespace Fleet.Agent.Health;

/// <summary>The agent itself.</summary>
public sealed class AgentStatusSource(ICurrentIdentity current, FleetTime time, TimeProvider clock) : IStatusSource
{
    private readonly long _started = clock.GetTimestamp();

    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var identity = current.Now;
        yield return identity.Device is { } device
            ? new StatusLine("agent.terminal", "Terminal", device.Terminal.Value)
            : new StatusLine("agent.terminal", "Terminal", "none", StatusLevel.Bad, identity.Problem);
        yield return new StatusLine("agent.version", "Agent", AgentVersion.Text);
        yield return new StatusLine("agent.uptime", "Runs for", DurationText.Of(clock.GetElapsedTime(_started)));
        if (identity.Device is { Certificate.NotAfter: var end })
        {
            var left = new DateTimeOffset(end) - time.Now;
            var text = new DateTimeOffset(end).ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            yield return left > TimeSpan.FromDays(14)
                ? new StatusLine("agent.certificate", "Certificate until", text)
                : new StatusLine("agent.certificate", "Certificate until", text, left > TimeSpan.Zero ? StatusLevel.Attention : StatusLevel.Bad, "Enrol again with a new token before it ends.");
        }
    }
}

/// <summary>Durations for people.</summary>
public static class DurationText
{
    /// <summary>Two units at most: <c>3 d 4 h</c>.</summary>
    public static string Of(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => $"{(int)duration.TotalDays} d {duration.Hours} h",
        { TotalHours: >= 1 } => $"{(int)duration.TotalHours} h {duration.Minutes} min",
        { TotalMinutes: >= 1 } => $"{(int)duration.TotalMinutes} min {duration.Seconds} s",
        _ => $"{(int)duration.TotalSeconds} s",
    };
}
