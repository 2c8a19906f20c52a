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

        var decimals = WithoutDecimals.Contains(currency) ? 0 : WithThreeDecimals.Contains(currency) ? 3 : 2;
        var scale = decimals switch { 0 => 1m, 3 => 1000m, _ => 100m };
        return (minorUnits / scale).ToString("F" + decimals, CultureInfo.InvariantCulture) + " " + currency;
    }
}
