using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fleet.Serial;

/// <summary>Stop bits of a character. ZVT sends two and most receivers accept either (transport protocol, line parameters).</summary>
public enum SerialStopBits
{
    /// <summary>8N1.</summary>
    One = 1,

    /// <summary>8N2.</summary>
    Two = 2,
}

/// <summary>
/// Which device, and how its line is set: always 8 data bits, no parity, no handshake.
/// Text form: <c>serial:///dev/ttyACM0?baud=9600&amp;stop=2</c> or <c>serial://COM7</c>.
/// </summary>
/// <param name="Device">Absolute path of a device (Linux) or <c>COMn</c> (Windows).</param>
/// <param name="Baud">One of <see cref="SupportedBauds"/>.</param>
/// <param name="StopBits">One or two.</param>
public sealed record SerialAddress(string Device, int Baud = 9600, SerialStopBits StopBits = SerialStopBits.Two)
{
    private const string Scheme = "serial://";

    /// <summary>The rates that payment terminals use, in bits per second.</summary>
    public static IReadOnlyList<int> SupportedBauds { get; } = [9600, 19200, 38400, 57600, 115200];

    /// <summary>Time one byte takes on the line: start bit, 8 data bits and the stop bits.</summary>
    public TimeSpan ByteTime => TimeSpan.FromSeconds((9.0 + (int)StopBits) / Baud);

    /// <summary>Reads the text form, or throws <see cref="FormatException"/> with what <see cref="TryParse"/> says.</summary>
    public static SerialAddress Parse(string text) =>
        TryParse(text, out var address, out var error) ? address : throw new FormatException(error);

    /// <summary>Reads the text form. <paramref name="error"/> names every wrong field, separated by "; ".</summary>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out SerialAddress? address,
        [NotNullWhen(false)] out string? error)
    {
        address = null;
        if (text is null || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            error = $"scheme: expected {Scheme}DEVICE, for example serial:///dev/ttyACM0?baud=9600&stop=2 or serial://COM7, got '{text}'";
            return false;
        }

        var rest = text[Scheme.Length..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var faults = new List<string>();
        var device = ReadDevice(question < 0 ? rest : rest[..question], faults);
        var options = ReadOptions(question < 0 ? string.Empty : rest[(question + 1)..], faults);
        error = faults.Count > 0 ? string.Join("; ", faults) : null;
        address = error is null ? new SerialAddress(device, options.Baud, options.Stop) : null;
        return error is null;
    }

    /// <summary>The text form, with every field written out.</summary>
    public override string ToString() => $"{Scheme}{Device}?baud={Baud}&stop={(int)StopBits}";

    private static string ReadDevice(string text, List<string> faults)
    {
        var device = Uri.UnescapeDataString(text);
        if (device.Length == 0)
        {
            faults.Add("device: is empty");
        }
        else if (device[0] != '/' && !IsComPort(device))
        {
            faults.Add($"device: '{device}' is neither an absolute path such as /dev/ttyACM0 (three slashes after 'serial:') nor COM1 to COM256");
        }
        else if (device.Contains('\0', StringComparison.Ordinal) || device.Length > 1024)
        {
            faults.Add("device: path is too long or holds a zero byte");
        }

        return IsComPort(device) ? device.ToUpperInvariant() : device;
    }

    private static bool IsComPort(string device) =>
        device.StartsWith("COM", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(device.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= 256;

    private static (int Baud, SerialStopBits Stop) ReadOptions(string query, List<string> faults)
    {
        var baud = 9600;
        var stop = SerialStopBits.Two;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (pair, string.Empty) : (pair[..equals], pair[(equals + 1)..]);
            if (!seen.Add(name))
            {
                faults.Add($"{name}: is given twice");
            }
            else if (name == "baud")
            {
                baud = ReadBaud(value, faults);
            }
            else if (name == "stop")
            {
                stop = ReadStop(value, faults);
            }
            else
            {
                faults.Add($"{name}: unknown field; known are baud and stop");
            }
        }

        return (baud, stop);
    }

    private static int ReadBaud(string value, List<string> faults)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var baud) && SupportedBauds.Contains(baud))
        {
            return baud;
        }

        faults.Add($"baud: '{value}' is not one of {string.Join(", ", SupportedBauds)}");
        return 9600;
    }

    private static SerialStopBits ReadStop(string value, List<string> faults)
    {
        if (value is "1" or "2")
        {
            return value == "1" ? SerialStopBits.One : SerialStopBits.Two;
        }

        faults.Add($"stop: '{value}' is not 1 or 2");
        return SerialStopBits.Two;
    }
}
