using Fleet.Serial.Linux;
using Fleet.Serial.Listing;
using Fleet.Serial.Windows;

namespace Fleet.Serial;

/// <summary>The serial ports of this machine.</summary>
public static class SerialPorts
{
    /// <summary>
    /// Opens <paramref name="address"/> for this process alone: raw, 8N1 or 8N2, no handshake, buffers emptied.
    /// Everything that can be expected to go wrong comes back as a value.
    /// </summary>
    public static Task<SerialOpenResult> OpenAsync(
        SerialAddress address,
        SerialPortOptions options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);

        // Some drivers take their time in open, whatever O_NONBLOCK says.
        return Task.Run(() => Open(address, options), cancellationToken);
    }

    /// <summary>What is attached and what it probably is, in a stable order.</summary>
    public static IReadOnlyList<SerialPortInfo> List()
    {
        if (OperatingSystem.IsLinux())
        {
            return new LinuxPortList("/dev", "/sys").Read();
        }

        return OperatingSystem.IsWindows() ? WindowsPortList.Read() : [];
    }

    private static SerialOpenResult Open(SerialAddress address, SerialPortOptions options)
    {
        if (OperatingSystem.IsLinux())
        {
            return LinuxSerial.Open(address, options);
        }

        return OperatingSystem.IsWindows()
            ? WindowsSerial.Open(address, options)
            : SerialOpenResult.Refused(
                SerialOpenFault.Failed,
                $"{address.Device} cannot be opened on this operating system",
                "run the program on Linux or Windows");
    }
}
