using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Serial.Windows;

/// <summary>
/// A synchronous handle. Windows serialises the calls on such a handle, so one thread alternates: it writes what is pending,
/// then reads for at most <see cref="ReadSlice"/>, which is the longest a write waits for its turn.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsDevice : ISerialDevice
{
    /// <summary>Longest wait inside one read.</summary>
    public static readonly TimeSpan ReadSlice = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes of one write: 1.2 s at 9600 baud, after which the other direction gets its turn.</summary>
    private const int LongestWrite = 1024;

    private readonly SafeFileHandle _handle;
    private readonly ManualResetEventSlim _wake = new();

    public WindowsDevice(SafeFileHandle handle, bool hasControlLines)
    {
        _handle = handle;
        ControlLines = hasControlLines ? new WindowsControlLines(handle) : null;
    }

    public IControlLines? ControlLines { get; }

    public DeviceResult Wait(DeviceEvents interest, TimeSpan atMost, out DeviceEvents ready)
    {
        ready = interest;
        if (interest == DeviceEvents.None)
        {
            _ = _wake.Wait(atMost < ReadSlice ? atMost : ReadSlice);
        }

        _wake.Reset();

        // An idle read of some drivers goes on for ever after a surprise removal; asking for the state does not.
        uint errors;
        return Kernel.ClearCommError(_handle, &errors, 0) ? DeviceResult.Moved(0) : Ended("state");
    }

    public DeviceResult Read(Span<byte> buffer)
    {
        uint count;
        fixed (byte* start = buffer)
        {
            if (!Kernel.ReadFile(_handle, start, (uint)buffer.Length, &count, 0))
            {
                return Ended("read");
            }
        }

        // Zero bytes is the end of the time slice, not of the line.
        return count == 0 ? DeviceResult.NotNow : DeviceResult.Moved((int)count);
    }

    public DeviceResult Write(ReadOnlySpan<byte> bytes)
    {
        var part = bytes[..Math.Min(bytes.Length, LongestWrite)];
        uint count = 0;
        fixed (byte* start = part)
        {
            // A write whose time is over has still sent what it counts: sending that again would double it.
            if (!Kernel.WriteFile(_handle, start, (uint)part.Length, &count, 0) && count == 0)
            {
                return Ended("write");
            }
        }

        return DeviceResult.Moved((int)count);
    }

    public void Wake() => _wake.Set();

    public void Dispose() => _handle.Dispose();

    private static DeviceResult Ended(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            Kernel.SemaphoreTimeout => DeviceResult.NotNow,
            // Each driver has its own word for a cable that was pulled.
            Kernel.OperationAborted or Kernel.GeneralFailure or Kernel.AccessDenied or Kernel.BadCommand or Kernel.NotReady or Kernel.DeviceFailure
                or Kernel.DeviceNotConnected or Kernel.DeviceRemoved or Kernel.NoSuchDevice or Kernel.FileNotFound => DeviceResult.Gone($"{call}: {Kernel.ErrorText(error)}"),
            _ => DeviceResult.Failed($"{call}: {Kernel.ErrorText(error)}"),
        };
    }

    private sealed class WindowsControlLines(SafeFileHandle handle) : IControlLines
    {
        private const uint Cts = 0x10;
        private const uint Dsr = 0x20;
        private const uint Carrier = 0x80;
        private bool _dtr = true;
        private bool _rts = true;

        public bool DataTerminalReady
        {
            get => _dtr;
            set => _dtr = Set(value, Kernel.SetDtr, Kernel.ClearDtr);
        }

        public bool RequestToSend
        {
            get => _rts;
            set => _rts = Set(value, Kernel.SetRts, Kernel.ClearRts);
        }

        public bool ClearToSend => Has(Cts);

        public bool DataSetReady => Has(Dsr);

        public bool CarrierDetect => Has(Carrier);

        private bool Set(bool on, uint set, uint clear)
        {
            if (!handle.IsClosed)
            {
                _ = Kernel.EscapeCommFunction(handle, on ? set : clear);
            }

            return on;
        }

        private bool Has(uint bit)
        {
            uint status;
            return !handle.IsClosed && Kernel.GetCommModemStatus(handle, &status) && (status & bit) != 0;
        }
    }
}
