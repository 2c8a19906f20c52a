using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fleet.Simulator.Host;

/// <summary>A range of amounts that the host declines.</summary>
/// <param name="From">First amount, minor units.</param>
/// <param name="Through">Last amount, minor units.</param>
/// <param name="Code">ISO 8583 response as a binary number, for example 5 declined, 33 card expired.</param>
public sealed record DeclineRule(long From, long Through, byte Code)
{
    /// <summary>Reads <c>1005</c>, <c>1005=33</c> or <c>5000-5999=51</c> (amounts in minor units, code decimal, default 5).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DeclineRule? rule, [NotNullWhen(false)] out string? error)
    {
        rule = null;
        var (range, code) = Split(text, '=', "5");
        var (from, through) = Split(range, '-', range);
        error = !byte.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > 99
            ? $"'{text}': the code after = is a number from 1 to 99"
            : null;
        if (!long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !long.TryParse(through, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first)
        {
            error ??= $"'{text}': expected AMOUNT, AMOUNT=CODE or FROM-THROUGH=CODE in minor units, for example 5000-5999=51";
        }
        else if (error is null)
        {
            rule = new DeclineRule(first, last, number);
        }

        return rule is not null;
    }

    private static (string Left, string Right) Split(string text, char at, string otherwise)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, otherwise) : (text[..index], text[(index + 1)..]);
    }
}

/// <summary>What a host that is up does not do: real ones fail in parts.</summary>
public enum HostOutage
{
    /// <summary>It does everything.</summary>
    None,

    /// <summary>Payments are not taken; end-of-day works.</summary>
    Payments,

    /// <summary>End-of-day is not taken; payments work.</summary>
    Settlements,

    /// <summary>Automatic reversals are not taken.</summary>
    Reversals,

    /// <summary>Payments are booked and their answers are lost.</summary>
    Answers,
}

/// <summary>How the host behaves; replaced as a whole.</summary>
public sealed record HostRules
{
    /// <summary>Nobody answers.</summary>
    public bool Down { get; init; }

    /// <summary>What it does not do although it is up.</summary>
    public HostOutage Outage { get; init; }

    /// <summary>Time to think before every answer.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Amounts that are declined.</summary>
    public IReadOnlyList<DeclineRule> Declines { get; init; } = [];

    /// <summary>Share of sales that is declined with code 5, from 0 to 1.</summary>
    public double DeclineShare { get; init; }

    /// <summary>Seed of the share: the same seed declines the same trace numbers.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Sales still to decline, whatever their amount.</summary>
    public int DeclineNext { get; init; }

    /// <summary>Response code for a sale, 0 to approve.</summary>
    public byte Judge(HostRequest request)
    {
        if (DeclineNext > 0)
        {
            return 5;
        }

        var rule = Declines.FirstOrDefault(r => request.Amount >= r.From && request.Amount <= r.Through);
        return rule?.Code ?? (Share(request) < DeclineShare ? (byte)5 : (byte)0);
    }

    /// <summary>A number from 0 to 1 that depends on seed, terminal and trace number alone, not on the order of arrival.</summary>
    private double Share(HostRequest request)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in $"{Seed}/{request.Tid}/{request.TraceNumber}")
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return (hash >> 11) / (double)(1UL << 53);
    }
}
