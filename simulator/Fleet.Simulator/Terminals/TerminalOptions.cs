using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>One simulated terminal.</summary>
public sealed record TerminalOptions
{
    /// <summary>Terminal id, 8 digits.</summary>
    public required string Tid { get; init; }

    /// <summary>Serial number, digits; made of the TID when null.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>File that keeps its memory, or null: then nothing survives a restart of the process.</summary>
    public string? StateFile { get; init; }

    /// <summary>Its acquirer.</summary>
    public required IAcquirerHost Host { get; init; }

    /// <summary>Where the till finds it.</summary>
    public required TerminalLineOptions Line { get; init; }

    /// <summary>Where live faults and questions come in, or null.</summary>
    public ControlAddress? Control { get; init; }

    /// <summary>Seed of the customers' cards.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long a customer takes to present a card.</summary>
    public TimeSpan CustomerDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Whose terminal it is. Without one it follows the specification, but a payment is final with the answer to 04 0F: what becomes of the
    /// receipts on the till's printer does not matter.
    /// </summary>
    public VendorProfile Profile { get; init; } = VendorProfiles.Default with { Reversal = AutoReversal.StatusOnly };

    /// <summary>Timers of the protocol.</summary>
    public ZvtTimers Timers { get; init; } = ZvtTimers.Default;

    /// <summary>Bytes take their time on the line; null for at once.</summary>
    public LinePace? Pace { get; init; }

    /// <summary>Tells the till date and time after a diagnosis (04 01). Off, because some till software does not know it.</summary>
    public bool SendsClockAfterDiagnosis { get; init; }

    /// <summary>Records of one card group that a batch holds: BMP 60 counts in one byte.</summary>
    public int GroupLimit { get; init; } = 255;

    /// <summary>How long it is away in a restart (06 18).</summary>
    public TimeSpan RestartTime { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Sees every frame, or null.</summary>
    public IZvtTrace? Trace { get; init; }

    /// <summary>Sees every event; called on the terminal's loop, must be quick.</summary>
    public Action<SimulatorEvent> Observer { get; init; } = static _ => { };

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Memory of a device fresh from the factory.</summary>
    public TerminalMemory Factory => new() { Tid = Tid, SerialNumber = SerialNumber ?? "1" + Tid[1..] };
}

/// <summary>Where a terminal is reached: exactly one of the three.</summary>
public sealed record TerminalLineOptions
{
    /// <summary>Symbolic link of a pseudo terminal that is made.</summary>
    public string? PtyLink { get; init; }

    /// <summary>A serial device that exists.</summary>
    public Serial.SerialAddress? Serial { get; init; }

    /// <summary>TCP port on loopback, 0 for any.</summary>
    public int? TcpPort { get; init; }
}
