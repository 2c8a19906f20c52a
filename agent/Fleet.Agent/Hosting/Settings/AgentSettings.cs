using Fleet.Agent.Commands;
using Fleet.Agent.Gate;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Terminal;
using Fleet.Agent.Till;
using Fleet.Agent.Uplink;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>Everything that can be set, by room. There are no secrets among it.</summary>
public sealed class AgentSettings
{
    /// <summary>Where the data is when nothing says so: systemd's StateDirectory, otherwise a folder here.</summary>
    public static string DefaultDataDirectory { get; } =
        Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } state ? state.Split(':')[0] : "fleet-agent-data";

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>Data directory and journal.</summary>
    public JournalOptions Journal { get; } = new() { DataDirectory = DefaultDataDirectory };

    /// <summary>Where the terminal is.</summary>
    public TerminalOptions Terminal { get; } = new();

    /// <summary>Bounds of the line trace.</summary>
    public TraceOptions Trace { get; } = new();

    /// <summary>Where tills connect.</summary>
    public TillOptions Till { get; } = new();

    /// <summary>When the lane steps down without the server.</summary>
    public LeaseOptions Lease { get; } = new();

    /// <summary>Patience of the commands.</summary>
    public CommandOptions Commands { get; } = new();

    /// <summary>Link to the server.</summary>
    public LinkOptions Link { get; } = new();

    /// <summary>Way of the entries to the server.</summary>
    public UplinkOptions Uplink { get; } = new();

    /// <summary>Health entries and status.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>Every fault of every room, each with its key.</summary>
    public IEnumerable<string> Faults() =>
        [.. Journal.Faults(), .. Terminal.Faults(), .. Trace.Faults(), .. Till.Faults(), .. Lease.Faults(), .. Commands.Faults(), .. Link.Faults(), .. Uplink.Faults(), .. Health.Faults()];
}
