using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Serial.Windows;

/// <summary>Opens a COM port: share mode 0 is the exclusive lock, the settings are read back.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsSerial
{
    /// <summary>fBinary, fDtrControl = enable, fRtsControl = enable; no handshake of any kind.</summary>
    private const uint BinaryDtrRts = 0x0001 | (1 << 4) | (1 << 12);

    public static SerialOpenResult Open(SerialAddress address, SerialPortOptions options)
    {
        // The prefix is required from COM10 on and harmless below.
        var handle = Kernel.CreateFile(
            @"\\.\" + address.Device, Kernel.GenericRead | Kernel.GenericWrite, 0, 0, Kernel.OpenExisting, 0, 0);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();

            // The name is there, but nothing is behind it.
            return Refusal(address, error == Kernel.InvalidFunction ? Kernel.FileNotFound : error, "it cannot be opened");
        }

        if (Prepare(handle, address, options) is { } refused)
        {
            handle.Dispose();
            return refused;
        }

        uint status;
        var hasLines = Kernel.GetCommModemStatus(handle, &status);
        return SerialOpenResult.Opened(new DevicePort(address, new WindowsDevice(handle, hasLines), options));
    }

    private static SerialOpenResult? Prepare(SafeFileHandle handle, SerialAddress address, SerialPortOptions options)
    {
        var wanted = new DeviceControlBlock { Length = (uint)sizeof(DeviceControlBlock) };
        if (!Kernel.GetCommState(handle, &wanted))
        {
            return Refusal(address, Marshal.GetLastPInvokeError(), "the line settings cannot be read");
        }

        wanted.BaudRate = (uint)address.Baud;
        wanted.Flags = BinaryDtrRts;
        wanted.ByteSize = 8;
        wanted.Parity = 0;
        wanted.StopBits = (byte)(address.StopBits == SerialStopBits.Two ? 2 : 0);
        if (!Kernel.SetCommState(handle, &wanted))
        {
            return Refusal(address, Marshal.GetLastPInvokeError(), $"{address.Baud} baud 8N{(int)address.StopBits} was refused");
        }

        var actual = new DeviceControlBlock { Length = (uint)sizeof(DeviceControlBlock) };
        if (!Kernel.GetCommState(handle, &actual) || actual.BaudRate != wanted.BaudRate || actual.ByteSize != 8 || actual.StopBits != wanted.StopBits)
        {
            return Refusal(address, Kernel.InvalidParameter, $"the device did not take {address.Baud} baud 8N{(int)address.StopBits}");
        }

        return SetTimeouts(handle, address, options);
    }

    private static SerialOpenResult? SetTimeouts(SafeFileHandle handle, SerialAddress address, SerialPortOptions options)
    {
        // Both maximum values: return what is there at once, else wait the constant for the first byte.
        var timeouts = new CommTimeouts
        {
            ReadInterval = uint.MaxValue,
            ReadMultiplier = uint.MaxValue,
            ReadConstant = (uint)WindowsDevice.ReadSlice.TotalMilliseconds,
            WriteConstant = (uint)options.WriteBound.TotalMilliseconds,
        };
        if (!Kernel.SetCommTimeouts(handle, &timeouts))
        {
            return Refusal(address, Marshal.GetLastPInvokeError(), "the time-outs were refused");
        }

        _ = Kernel.PurgeComm(handle, Kernel.PurgeAll);
        return null;
    }

    private static SerialOpenResult Refusal(SerialAddress address, int error, string what) => error switch
    {
        Kernel.FileNotFound or Kernel.PathNotFound or Kernel.DeviceNotConnected => SerialOpenResult.Refused(
            SerialOpenFault.NotFound,
            $"{address.Device} does not exist",
            "check cable and power of the terminal; 'ports' lists what is attached"),

        // Windows gives the same number for a port in use and for missing rights; the first is what happens in shops.
        Kernel.AccessDenied or Kernel.SharingViolation => SerialOpenResult.Refused(
            SerialOpenFault.Busy,
            $"{address.Device} is in use or may not be opened by {Environment.UserName}",
            "close the program that holds the port; a port held after an unplug is freed when that program closes its handle"),
        Kernel.InvalidFunction => SerialOpenResult.Refused(
            SerialOpenFault.NotASerialPort,
            $"{address.Device} is not a serial port",
            "give a COM name; 'ports' lists them"),
        Kernel.InvalidParameter => SerialOpenResult.Refused(
            SerialOpenFault.UnsupportedSettings,
            $"{address.Device}: {what}",
            "choose another baud rate or stop=1 in the address"),
        _ => SerialOpenResult.Refused(
            SerialOpenFault.Failed,
            $"{address.Device}: {what}: {Kernel.ErrorText(error)}",
            "unplug the device and plug it in again; if it stays, look into the Device Manager"),
    };
}
