using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Fleet.Serial;
using Fleet.Simulator.Control;
using Fleet.Zvt;

namespace Fleet.Simulator.Commands;

/// <summary>Options that are checked while the command line is read, so that all mistakes are told at once.</summary>
internal static class Checks
{
    public delegate bool Reader<T>(string text, out T? value, out string? error);

    /// <summary>An option whose text is read by <paramref name="read"/>.</summary>
    public static Option<T?> Option<T>(string name, string description, Reader<T> read) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, read),
    };

    /// <summary>A terminal id of 8 digits.</summary>
    public static bool Tid(string text, out string? tid, out string? error)
    {
        var good = text.Length == 8 && text.All(char.IsAsciiDigit) && text != "00000000";
        tid = good ? text : null;
        error = good ? null : $"'{text}' is not a terminal id: 8 digits, not all zero";
        return good;
    }

    /// <summary>A span in seconds, with a decimal point.</summary>
    public static bool Seconds(string text, out TimeSpan? span, out string? error)
    {
        var good = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= 86_400;
        span = good ? TimeSpan.FromSeconds(seconds) : null;
        error = good ? null : $"'{text}' is not a number of seconds from 0 to 86400";
        return good;
    }

    /// <summary>A serial line, with or without its scheme.</summary>
    public static bool Serial(string text, out SerialAddress? address, out string? error) =>
        SerialAddress.TryParse(text.Contains("://", StringComparison.Ordinal) ? text : "serial://" + text, out address, out error);

    /// <summary>Where a socket listens.</summary>
    public static bool Address(string text, out ControlAddress? address, out string? error) =>
        ControlAddress.TryParse(text, out address, out error);

    /// <summary>A whole number within bounds.</summary>
    public static Reader<int?> Number(int lowest, int highest) => (string text, out int? number, out string? error) =>
    {
        var good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= lowest && value <= highest;
        number = good ? value : null;
        error = good ? null : $"'{text}' is not a whole number from {lowest} to {highest}";
        return good;
    };

    /// <summary>A terminal of a vendor.</summary>
    public static bool Profile(string text, out VendorProfile? profile, out string? error)
    {
        profile = VendorProfiles.Find(text);
        error = profile is null ? $"'{text}' is not one of {string.Join(", ", VendorProfiles.All.Select(static p => p.Id))}" : null;
        return profile is not null;
    }

    /// <summary>A share from 0 to 1.</summary>
    public static bool Share(string text, out double? share, out string? error)
    {
        var good = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1;
        share = good ? value : null;
        error = good ? null : $"'{text}' is not a share from 0 to 1";
        return good;
    }

    private static T? Parse<T>(ArgumentResult result, Reader<T> read)
    {
        if (read(result.Tokens[0].Value, out var value, out var error))
        {
            return value;
        }

        var option = (result.Parent as OptionResult)?.Option.Name;
        result.AddError($"{option}: {error}");
        return default;
    }
}
