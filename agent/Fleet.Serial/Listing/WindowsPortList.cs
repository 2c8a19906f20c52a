using System.Runtime.Versioning;
using Fleet.Serial.Windows;

namespace Fleet.Serial.Listing;

/// <summary>Reads HKLM\HARDWARE\DEVICEMAP\SERIALCOMM: the value name is the driver's device, the value is the COM name.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsPortList
{
    public static IReadOnlyList<SerialPortInfo> Read() =>
        [.. SerialCommKey.Read()
            .Select(static pair => new SerialPortInfo(pair.Port, pair.Port, Guess(pair.Device), null, null, null, null, pair.Device))
            .OrderBy(static p => p.Device.Length)
            .ThenBy(static p => p.Device, StringComparer.OrdinalIgnoreCase)];

    private static string Guess(string device)
    {
        if (device.Contains("USBSER", StringComparison.OrdinalIgnoreCase))
        {
            return "USB device with its own serial interface (a terminal, or a modem)";
        }

        return device.Contains("VCP", StringComparison.OrdinalIgnoreCase)
            || device.Contains("Silabser", StringComparison.OrdinalIgnoreCase)
            || device.Contains("Prolific", StringComparison.OrdinalIgnoreCase)
            ? "USB-serial adapter"
            : "serial port";
    }
}
