namespace Fleet.Serial;

/// <summary>What <see cref="ISerialDevice.Wait"/> saw.</summary>
[Flags]
internal enum DeviceEvents
{
    None = 0,
    Readable = 1,
    Writable = 2,
}

/// <summary>How an operation on the device ended.</summary>
internal enum DeviceState
{
    Done,
    WouldBlock,
    Gone,
    Failed,
}

/// <summary>Outcome of a read or write: bytes moved, or what the system said.</summary>
internal readonly record struct DeviceResult(DeviceState State, int Count, string Detail)
{
    public static DeviceResult Moved(int count) => new(DeviceState.Done, count, string.Empty);

    public static DeviceResult NotNow => new(DeviceState.WouldBlock, 0, string.Empty);

    public static DeviceResult Gone(string detail) => new(DeviceState.Gone, 0, detail);

    public static DeviceResult Failed(string detail) => new(DeviceState.Failed, 0, detail);
}

/// <summary>
/// The operating system's half of a port. One thread calls <see cref="Wait"/>, <see cref="Read"/> and <see cref="Write"/>;
/// <see cref="Wake"/> and the control lines may be called from any thread, also after <see cref="IDisposable.Dispose"/>.
/// </summary>
internal interface ISerialDevice : IDisposable
{
    IControlLines? ControlLines { get; }

    /// <summary>Blocks until something of interest can be done, <see cref="Wake"/> was called, the time is over or the device is gone.</summary>
    DeviceResult Wait(DeviceEvents interest, TimeSpan atMost, out DeviceEvents ready);

    DeviceResult Read(Span<byte> buffer);

    DeviceResult Write(ReadOnlySpan<byte> bytes);

    void Wake();
}
