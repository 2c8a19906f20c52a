using Fleet.Simulator.Faults;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Store;

/// <summary>A whole store: one acquirer host, several lanes of a terminal and a till.</summary>
public sealed record StoreOptions
{
    /// <summary>Number of lanes.</summary>
    public int Lanes { get; init; } = 3;

    /// <summary>Folder of its files: lane-N is the line of terminal N.</summary>
    public required string Folder { get; init; }

    /// <summary>Port of the first agent; lane N's till sells at that port plus N minus one. Null: each till sits on its terminal's line.</summary>
    public int? FirstAgentPort { get; init; }

    /// <summary>Payments per till; null for no end.</summary>
    public int? Count { get; init; }

    /// <summary>Pause between two payments of a till.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Speed of the lines, or null for at once.</summary>
    public LinePace? Pace { get; init; }

    /// <summary>Seed of lane 1; the others count on.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Terminals keep their memory in files; without, a power cut of the process loses it.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Sees every event.</summary>
    public Action<SimulatorEvent> Observer { get; init; } = static _ => { };

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
