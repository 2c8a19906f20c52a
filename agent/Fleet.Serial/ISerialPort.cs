using System.IO.Pipelines;

namespace Fleet.Serial;

/// <summary>
/// An open line. <see cref="IDuplexPipe.Input"/> ends (IsCompleted, no exception) when the port closes for whatever reason;
/// <see cref="Closed"/> then says which. Dispose sends what was flushed, for at most the write bound, and closes.
/// </summary>
public interface ISerialPort : IDuplexPipe, IAsyncDisposable
{
    /// <summary>The device and its settings.</summary>
    SerialAddress Address { get; }

    /// <summary>Modem lines, or null where the device has none (a pseudo terminal, some USB devices): normal, not a fault.</summary>
    IControlLines? ControlLines { get; }

    /// <summary>Completes exactly once, never faults: why the line is no longer there.</summary>
    Task<SerialPortClosed> Closed { get; }
}

/// <summary>Modem lines of a real UART. A device that vanished reads as all false and ignores writes.</summary>
public interface IControlLines
{
    /// <summary>DTR, driven by us. Set on open, because some devices stay silent without it.</summary>
    bool DataTerminalReady { get; set; }

    /// <summary>RTS, driven by us.</summary>
    bool RequestToSend { get; set; }

    /// <summary>CTS, driven by the device.</summary>
    bool ClearToSend { get; }

    /// <summary>DSR, driven by the device.</summary>
    bool DataSetReady { get; }

    /// <summary>DCD, driven by the device.</summary>
    bool CarrierDetect { get; }
}

/// <summary>Why a port closed.</summary>
public enum SerialCloseReason
{
    /// <summary>This process closed it.</summary>
    ClosedByUs,

    /// <summary>The device went away: cable out, power off, adapter reset. Reopen until it is back.</summary>
    DeviceGone,

    /// <summary>The line is there but failed: a write that nobody took in time, an unexpected error of the system.</summary>
    Error,
}

/// <summary>End of a port.</summary>
/// <param name="Reason">What kind of end.</param>
/// <param name="Detail">One line for a log: what the system said.</param>
public sealed record SerialPortClosed(SerialCloseReason Reason, string Detail);
