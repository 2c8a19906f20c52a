using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Serial.Linux;

/// <summary>A non-blocking tty descriptor with an event descriptor that interrupts the wait.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxDevice : ISerialDevice
{
    private readonly Lock _lock = new();
    private readonly int _descriptor;
    private readonly int _wake;
    private bool _disposed;

    public LinuxDevice(int descriptor, bool hasControlLines)
    {
        _descriptor = descriptor;
        _wake = Libc.EventDescriptor(0, Libc.NonBlocking | Libc.CloseOnExec);
        if (_wake < 0)
        {
            throw new IOException($"no event descriptor: {Libc.ErrorText(Marshal.GetLastPInvokeError())}");
        }

        ControlLines = hasControlLines ? new LinuxControlLines(this) : null;
    }

    public IControlLines? ControlLines { get; }

    public DeviceResult Wait(DeviceEvents interest, TimeSpan atMost, out DeviceEvents ready)
    {
        ready = DeviceEvents.None;
        var descriptors = stackalloc PollDescriptor[2];
        descriptors[0].Descriptor = _descriptor;
        descriptors[0].Events = Wanted(interest);
        descriptors[1].Descriptor = _wake;
        descriptors[1].Events = Libc.PollIn;
        var milliseconds = (int)Math.Clamp(Math.Ceiling(atMost.TotalMilliseconds), 0, int.MaxValue);
        if (Libc.Poll(descriptors, 2, milliseconds) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Libc.Interrupted ? DeviceResult.NotNow : DeviceResult.Failed($"poll: {Libc.ErrorText(error)}");
        }

        if (descriptors[1].Returned != 0)
        {
            ulong count;
            _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
        }

        var returned = descriptors[0].Returned;
        ready |= (returned & Libc.PollIn) != 0 ? DeviceEvents.Readable : DeviceEvents.None;
        ready |= (returned & Libc.PollOut) != 0 ? DeviceEvents.Writable : DeviceEvents.None;

        // Bytes that came before the hang-up are still worth reading; the read after them tells the end.
        return (returned & Libc.PollGone) != 0 && !ready.HasFlag(DeviceEvents.Readable)
            ? DeviceResult.Gone($"the device hung up (poll 0x{returned:X2})")
            : DeviceResult.Moved(0);
    }

    public DeviceResult Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var count = Libc.Read(_descriptor, start, (nuint)buffer.Length);
            return count > 0 ? DeviceResult.Moved((int)count) : Ended("read", count);
        }
    }

    public DeviceResult Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var count = Libc.Write(_descriptor, start, (nuint)bytes.Length);
            return count >= 0 ? DeviceResult.Moved((int)count) : Ended("write", count);
        }
    }

    public void Wake()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                ulong one = 1;
                _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _disposed = true;
                _ = Libc.Control(_descriptor, Libc.ExclusiveOff, null);
                _ = Libc.Close(_descriptor);
                _ = Libc.Close(_wake);
            }
        }
    }

    private static short Wanted(DeviceEvents interest)
    {
        var events = interest.HasFlag(DeviceEvents.Readable) ? Libc.PollIn : (short)0;
        return interest.HasFlag(DeviceEvents.Writable) ? (short)(events | Libc.PollOut) : events;
    }

    private static DeviceResult Ended(string call, nint count)
    {
        if (count == 0)
        {
            return DeviceResult.Gone($"{call}: end of the line, the device is gone");
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            Libc.TryAgain or Libc.Interrupted => DeviceResult.NotNow,
            Libc.InputOutput or Libc.NoDevice or Libc.NoDeviceOrAddress => DeviceResult.Gone($"{call}: {Libc.ErrorText(error)}"),
            _ => DeviceResult.Failed($"{call}: {Libc.ErrorText(error)}"),
        };
    }

    private int Modem(nuint request, int bits)
    {
        lock (_lock)
        {
            return !_disposed && Libc.Control(_descriptor, request, &bits) == 0 ? bits : 0;
        }
    }

    private sealed class LinuxControlLines(LinuxDevice device) : IControlLines
    {
        private const int Dtr = 0x002;
        private const int Rts = 0x004;
        private const int Cts = 0x020;
        private const int Carrier = 0x040;
        private const int Dsr = 0x100;

        public bool DataTerminalReady
        {
            get => Has(Dtr);
            set => Set(Dtr, value);
        }

        public bool RequestToSend
        {
            get => Has(Rts);
            set => Set(Rts, value);
        }

        public bool ClearToSend => Has(Cts);

        public bool DataSetReady => Has(Dsr);

        public bool CarrierDetect => Has(Carrier);

        private bool Has(int bit) => (device.Modem(Libc.ModemGet, 0) & bit) != 0;

        private void Set(int bit, bool on) => _ = device.Modem(on ? Libc.ModemSetBits : Libc.ModemClearBits, bit);
    }
}
