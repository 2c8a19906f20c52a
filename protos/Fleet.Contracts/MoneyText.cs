using System.Globalization;

namespace Fleet.Contracts;

/// <summary>Amounts for people to read: <c>123.45 EUR</c>, with as many decimals as ISO 4217 gives the currency.</summary>
public static class MoneyText
{
    private static readonly HashSet<string> WithoutDecimals = new(StringComparer.Ordinal)
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    };

    private static readonly HashSet<string> WithThreeDecimals = new(StringComparer.Ordinal)
    {
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
    };

    /// <summary>Writes an amount; without a currency the bare minor units.</summary>
    /// <param name="minorUnits">Cents for EUR; may be negative.</param>
    /// <param name="currency">ISO 4217 alphabetic code, or empty.</param>
    public static string Format(long minorUnits, string currency)
    {
        if (currency.Length == 0)
        {
            return minorUnits.ToString(CultureInfo.InvariantCulture);
        }

        var decimals = Decimals(currency);
        return (minorUnits / Scale(decimals)).ToString("F" + decimals, CultureInfo.InvariantCulture) + " " + currency;
    }

    /// <summary>Reads <c>50.00 EUR</c> or <c>50.00EUR</c>; false unless it has exactly as many decimals as the currency, so that nobody is wrong by a hundred.</summary>
    /// <param name="text">As a person writes it.</param>
    /// <param name="minorUnits">Cents for EUR; never negative.</param>
    /// <param name="currency">Three capital letters.</param>
    public static bool TryParse(string text, out long minorUnits, out string currency)
    {
        var trimmed = text.Trim();
        currency = trimmed.Length > 3 ? trimmed[^3..] : string.Empty;
        minorUnits = 0;
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
        {
            return false;
        }

        var number = trimmed[..^3].TrimEnd();
        var decimals = Decimals(currency);
        var point = number.IndexOf('.', StringComparison.Ordinal);
        var has = point < 0 ? 0 : number.Length - point - 1;
        if (has != decimals || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) || amount > 1_000_000_000_000m)
        {
            return false;
        }

        minorUnits = (long)(amount * Scale(decimals));
        return true;
    }

    private static int Decimals(string currency) => WithoutDecimals.Contains(currency) ? 0 : WithThreeDecimals.Contains(currency) ? 3 : 2;

    private static decimal Scale(int decimals) => decimals switch { 0 => 1m, 3 => 1000m, _ => 100m };
}
