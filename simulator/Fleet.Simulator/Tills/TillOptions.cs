using Fleet.Serial;
using Fleet.Simulator.Terminals;
using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>One simulated till.</summary>
public sealed record TillOptions
{
    /// <summary>Name in its events, for example <c>lane1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Host of the agent or terminal that speaks ZVT over TCP.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port of it.</summary>
    public required int Port { get; init; }

    /// <summary>Serial line of a terminal; in place of host and port.</summary>
    public SerialAddress? Serial { get; init; }

    /// <summary>Payments to make; null for no end.</summary>
    public int? Count { get; init; }

    /// <summary>Pause between two payments.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Smallest amount, minor units.</summary>
    public long From { get; init; } = 100;

    /// <summary>Largest amount, minor units.</summary>
    public long Through { get; init; } = 9_999;

    /// <summary>Share of refunds, from 0 to 1.</summary>
    public double RefundShare { get; init; }

    /// <summary>Share of sales that are taken back at once, from 0 to 1.</summary>
    public double ReversalShare { get; init; }

    /// <summary>Seed of amounts and kinds.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Config byte of the registration (reference 11.1). BE: receipts come ready-made, full control by the till.</summary>
    public ConfigByte Config { get; init; } = ConfigByte.AgentDefault;

    /// <summary>Offers message ids in its registration (reference 15.5).</summary>
    public bool MessageIds { get; init; }

    /// <summary>Character set that it offers for texts, or null for none (reference 6).</summary>
    public ZvtCharset? Charset { get; init; }

    /// <summary>File of its books, or null.</summary>
    public string? BooksFile { get; init; }

    /// <summary>Timers of the protocol.</summary>
    public ZvtTimers Timers { get; init; } = ZvtTimers.Default;

    /// <summary>Pause before it connects or asks again.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Sees every event; called on the till's loop, must be quick.</summary>
    public Action<SimulatorEvent> Observer { get; init; } = static _ => { };

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
