using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Serial.Linux;

/// <summary>Opens a tty: exclusive, non-blocking, set and read back.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxSerial
{
    private const int DtrBit = 0x002;

    public static SerialOpenResult Open(SerialAddress address, SerialPortOptions options)
    {
        const int Flags = Libc.ReadWrite | Libc.NoControllingTerminal | Libc.NonBlocking | Libc.CloseOnExec;
        var descriptor = Libc.Open(address.Device, Flags, 0);
        if (descriptor < 0)
        {
            return Refusal(address, Marshal.GetLastPInvokeError(), "it cannot be opened");
        }

        var result = Prepare(descriptor, address);
        if (result is { } refused)
        {
            _ = Libc.Close(descriptor);
            return refused;
        }

        return SerialOpenResult.Opened(new DevicePort(address, new LinuxDevice(descriptor, RaiseDtr(descriptor)), options));
    }

    private static SerialOpenResult? Prepare(int descriptor, SerialAddress address)
    {
        // flock also stops root, which TIOCEXCL does not, and a killed process leaves nothing behind.
        if (Libc.Lock(descriptor, Libc.LockExclusiveNoWait) != 0)
        {
            return Refusal(address, Libc.DeviceBusy, string.Empty);
        }

        if (LineSettings.Apply(descriptor, address) is var (error, what))
        {
            return Refusal(address, error, what);
        }

        // The flag outlives a killed process as long as anyone has the device open. On a pseudo terminal the other side
        // always has, and would lock us out of our own line; the lock above is enough there.
        if (!IsPseudoTerminal(address.Device) && Libc.Control(descriptor, Libc.ExclusiveOn, null) != 0)
        {
            return Refusal(address, Marshal.GetLastPInvokeError(), "it cannot be taken for this process alone");
        }

        _ = Libc.Flush(descriptor, Libc.FlushBoth);
        return null;
    }

    private static bool RaiseDtr(int descriptor)
    {
        int lines;
        if (Libc.Control(descriptor, Libc.ModemGet, &lines) != 0)
        {
            return false;
        }

        var dtr = DtrBit;
        _ = Libc.Control(descriptor, Libc.ModemSetBits, &dtr);
        return true;
    }

    private static bool IsPseudoTerminal(string path) => RealPath(path).StartsWith("/dev/pts/", StringComparison.Ordinal);

    private static string RealPath(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static SerialOpenResult Refusal(SerialAddress address, int error, string what)
    {
        var device = address.Device;
        return error switch
        {
            Libc.NoEntry or Libc.NoDevice or Libc.NoDeviceOrAddress => SerialOpenResult.Refused(
                SerialOpenFault.NotFound,
                $"{device} does not exist",
                "check cable and power of the terminal; 'ports' lists what is attached"),
            Libc.AccessDenied or Libc.NotPermitted => SerialOpenResult.Refused(
                SerialOpenFault.PermissionDenied,
                $"{device} may not be opened by user {Environment.UserName}",
                "add the account to the group that owns the device (usermod -aG dialout USER, then sign in again) or install a udev rule"),
            Libc.DeviceBusy => SerialOpenResult.Refused(
                SerialOpenFault.Busy,
                $"{device} is in use{Holder(device)}",
                "stop the program that holds it; where ModemManager probes new devices, set ENV{ID_MM_DEVICE_IGNORE}=\"1\" in a udev rule"),
            Libc.NotATerminal => SerialOpenResult.Refused(
                SerialOpenFault.NotASerialPort,
                $"{device} is not a serial device",
                "give the path of a tty such as /dev/serial/by-id/...; 'ports' lists them"),
            Libc.InvalidArgument => SerialOpenResult.Refused(
                SerialOpenFault.UnsupportedSettings,
                $"{device}: {what}",
                "choose another baud rate or stop=1 in the address"),
            _ => SerialOpenResult.Refused(
                SerialOpenFault.Failed,
                $"{device}: {what}: {Libc.ErrorText(error)}",
                "unplug the device and plug it in again; if it stays, look at the kernel log (dmesg)"),
        };
    }

    /// <summary>Name of a process that has the device open, as far as this account may see it.</summary>
    private static string Holder(string device)
    {
        var target = RealPath(device);
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(static p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            if (Path.GetFileName(process) != Environment.ProcessId.ToString() && HasOpen(process, target))
            {
                return $" by {NameOf(process)} (process {Path.GetFileName(process)})";
            }
        }

        return string.Empty;
    }

    private static bool HasOpen(string process, string target)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd"))
                .Any(f => new FileInfo(f).LinkTarget == target);
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
