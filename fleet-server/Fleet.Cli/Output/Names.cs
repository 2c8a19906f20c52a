using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Cli.Hosting;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli.Output;

/// <summary>What people type, as the API wants it.</summary>
public static partial class Names
{
    /// <summary><c>lane1</c> or <c>terminals/lane1</c> as resource name.</summary>
    public static string Terminal(string typed) => typed.StartsWith("terminals/", StringComparison.Ordinal) ? typed : "terminals/" + typed;

    /// <summary>A terminal as parent; none means all.</summary>
    public static string Parent(string? typed) => string.IsNullOrEmpty(typed) ? "terminals/-" : Terminal(typed);

    /// <summary>An id or <c>commands/{id}</c> as resource name.</summary>
    public static string Command(string typed) => typed.StartsWith("commands/", StringComparison.Ordinal) ? typed : "commands/" + typed;

    /// <summary><c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>; null for nothing typed.</summary>
    /// <exception cref="UsageException">It is no duration.</exception>
    public static Duration? Span(string? typed, string option)
    {
        if (typed is null)
        {
            return null;
        }

        var match = SpanPattern().Match(typed);
        if (!match.Success)
        {
            throw new UsageException($"{option} '{typed}' is no duration; write 90s, 30m, 12h or 7d.");
        }

        var number = int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return (match.Groups["unit"].Value switch
        {
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        }).ToDuration();
    }

    /// <summary>A point in time such as <c>2026-03-14T18:00:00+01:00</c>; null for nothing typed.</summary>
    /// <exception cref="UsageException">It is none, or without a zone.</exception>
    public static Timestamp? Moment(string? typed, string option)
    {
        if (typed is null)
        {
            return null;
        }

        return ZonePattern().IsMatch(typed) && DateTimeOffset.TryParse(typed, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToTimestamp()
            : throw new UsageException($"{option} '{typed}' is no point in time; write it with its zone, for example 2026-03-14T18:00:00+01:00 or 2026-03-14T17:00:00Z.");
    }

    /// <summary>Two conditions as one.</summary>
    public static string And(string? filter, string? condition) =>
        string.IsNullOrEmpty(condition) ? filter ?? string.Empty : string.IsNullOrEmpty(filter) ? condition : $"{filter} AND {condition}";

    [GeneratedRegex("^(?<number>[0-9]{1,6})(?<unit>[smhd])$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SpanPattern();

    [GeneratedRegex("(Z|[+-][0-9]{2}:[0-9]{2})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ZonePattern();
}
