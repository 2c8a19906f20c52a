namespace Fleet.Serial;

/// <summary>Bounds of an open port.</summary>
public sealed class SerialPortOptions
{
    /// <summary>How long output may make no progress before the port closes with an error. Default 5 s.</summary>
    public TimeSpan WriteBound { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes held in each direction before the device is no longer read or the writer waits. Default 64 KiB.</summary>
    public int BufferLimit { get; init; } = 64 * 1024;

    /// <summary>Clock for the write bound.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
