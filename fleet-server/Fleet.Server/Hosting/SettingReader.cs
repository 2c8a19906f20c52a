using System.Globalization;
using System.Net;

namespace Fleet.Server.Hosting;

/// <summary>
/// Reads typed settings and remembers every fault instead of stopping at the first; keys that nobody asked for are faults too,
/// because a misspelt setting must not be silently ignored.
/// </summary>
public sealed class SettingReader(IConfiguration configuration)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingFault> _faults = [];

    /// <summary>Everything that was wrong so far.</summary>
    public IReadOnlyList<SettingFault> Faults => _faults;

    /// <summary>A TCP port, 0 for any free one.</summary>
    public int Port(string key, int otherwise) =>
        Read(key, otherwise, static t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var p) && p <= IPEndPoint.MaxPort ? p : null, "a port from 0 (any free one) to 65535");

    /// <summary>A TCP port, 0 for any free one; null when the setting is absent or empty.</summary>
    public int? OptionalPort(string key) =>
        string.IsNullOrEmpty(Raw(key)) ? null : Port(key, 0);

    /// <summary>A whole number within bounds.</summary>
    public int Number(string key, int otherwise, int minimum, int maximum) =>
        Read(key, otherwise, t => int.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= minimum && n <= maximum ? n : null, $"a whole number from {minimum} to {maximum}");

    /// <summary>An IP address to listen on.</summary>
    public IPAddress Address(string key, IPAddress otherwise)
    {
        var text = Raw(key);
        if (text is null)
        {
            return otherwise;
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return address;
        }

        Fault(key, $"'{text}' is no IP address, such as 127.0.0.1 (this machine only) or 0.0.0.0 (every network)");
        return otherwise;
    }

    /// <summary>true or false.</summary>
    public bool? Flag(string key)
    {
        var text = Raw(key);
        if (text is null || bool.TryParse(text, out _))
        {
            return text is null ? null : bool.Parse(text);
        }

        Fault(key, $"'{text}' is neither true nor false");
        return null;
    }

    /// <summary>A duration such as <c>90.00:00:00</c> (days.hours:minutes:seconds), within bounds.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan minimum, TimeSpan maximum) =>
        Read(key, otherwise, t => TimeSpan.TryParse(t, CultureInfo.InvariantCulture, out var d) && d >= minimum && d <= maximum ? d : null, $"a duration (days.hours:minutes:seconds) from {minimum} to {maximum}");

    /// <summary>One word of a list.</summary>
    public string Choice(string key, string otherwise, params string[] allowed)
    {
        var text = Raw(key) ?? otherwise;
        var match = allowed.FirstOrDefault(a => a.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (match is null)
        {
            Fault(key, $"'{text}' is none of {string.Join(", ", allowed)}");
        }

        return match ?? otherwise;
    }

    /// <summary>A host name or IP address that others use to reach this server.</summary>
    public string Host(string key, string otherwise)
    {
        var text = Raw(key) ?? otherwise;
        if (IsHost(text))
        {
            return text;
        }

        Fault(key, $"'{text}' is neither a host name nor an IP address");
        return otherwise;
    }

    /// <summary>Host names, as a list or as one text with commas.</summary>
    public IReadOnlyList<string> Hosts(string key)
    {
        var section = configuration.GetSection(key);
        var names = new List<string>();
        if (Raw(key) is { } text)
        {
            names.AddRange(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        foreach (var child in section.GetChildren())
        {
            names.Add(Raw(child.Path) ?? string.Empty);
        }

        foreach (var name in names.Where(static n => !IsHost(n)))
        {
            Fault(key, $"'{name}' is neither a host name nor an IP address");
        }

        return names;
    }

    /// <summary>Adds a fault that only several settings together show.</summary>
    public void Fault(string key, string text) => _faults.Add(new SettingFault(key, text));

    /// <summary>Adds a fault for each key that was set and never asked for. Call it last.</summary>
    public void RefuseUnknownKeys()
    {
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is not null && !_known.Contains(key))
            {
                var near = _known.MinBy(k => Distance(k, key));
                Fault(key, near is not null && Distance(near, key) <= 3 ? $"no such setting; {near}?" : "no such setting");
            }
        }
    }

    private static bool IsHost(string text) => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;

    private string? Raw(string key)
    {
        _known.Add(key);
        return configuration[key];
    }

    private T Read<T>(string key, T otherwise, Func<string, T?> parse, string wanted)
        where T : struct
    {
        var text = Raw(key);
        if (text is null)
        {
            return otherwise;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        Fault(key, $"'{text}' is not {wanted}");
        return otherwise;
    }

    // Levenshtein, for the hint at a misspelt key.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                var cost = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + change);
                diagonal = row[j];
                row[j] = cost;
            }
        }

        return row[^1];
    }
}
