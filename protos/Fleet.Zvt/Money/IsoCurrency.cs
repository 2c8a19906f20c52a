using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>One currency of ISO 4217.</summary>
/// <param name="Numeric">Numeric code, for example 978.</param>
/// <param name="Alpha">Alphabetic code, for example EUR.</param>
/// <param name="MinorDigits">Decimal digits of the minor unit.</param>
public sealed record IsoCurrency(int Numeric, string Alpha, int MinorDigits)
{
    private const string Rows =
        "AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BGN975 BHD048 BIF108 BMD060 BND096 BOB068 BOV984 BRL986 BSD044 "
        + "BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHE947 CHF756 CHW948 CLF990 CLP152 CNY156 COP170 COU970 CRC188 CUP192 CVE132 CZK203 DJF262 DKK208 DOP214 "
        + "DZD012 EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292 GMD270 GNF324 GTQ320 GYD328 HKD344 HNL340 HTG332 HUF348 IDR360 ILS376 "
        + "INR356 IQD368 IRR364 ISK352 JMD388 JOD400 JPY392 KES404 KGS417 KHR116 KMF174 KPW408 KRW410 KWD414 KYD136 KZT398 LAK418 LBP422 LKR144 LRD430 LSL426 "
        + "LYD434 MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 MXN484 MXV979 MYR458 MZN943 NAD516 NGN566 NIO558 NOK578 NPR524 "
        + "NZD554 OMR512 PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 PYG600 QAR634 RON946 RSD941 RUB643 RWF646 SAR682 SBD090 SCR690 SDG938 SEK752 SGD702 SHP654 "
        + "SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 SZL748 THB764 TJS972 TMT934 TND788 TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 UGX800 USD840 USN997 "
        + "UYI940 UYU858 UYW927 UZS860 VED926 VES928 VND704 VUV548 WST882 XAF950 XCD951 XOF952 XPF953 YER886 ZAR710 ZMW967";

    private const string NoMinorUnit = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string ThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
    private const string FourDigits = "CLF UYW";

    private static readonly IsoCurrency[] Table = [.. Rows.Split(' ').Select(Row)];
    private static readonly FrozenDictionary<int, IsoCurrency> ByNumber = Table.ToFrozenDictionary(static c => c.Numeric);
    private static readonly FrozenDictionary<string, IsoCurrency> ByAlpha = Table.ToFrozenDictionary(static c => c.Alpha, StringComparer.Ordinal);

    /// <summary>The euro, which an absent currency means (section 6).</summary>
    public static readonly IsoCurrency Euro = ByNumber[978];

    /// <summary>Every currency.</summary>
    public static IReadOnlyList<IsoCurrency> All => Table;

    /// <summary>By numeric code, or null.</summary>
    public static IsoCurrency? Find(int numeric) => ByNumber.GetValueOrDefault(numeric);

    /// <summary>By alphabetic code in capitals, or null.</summary>
    public static IsoCurrency? Find(string alpha) => ByAlpha.GetValueOrDefault(alpha);

    /// <summary>An amount for people, for example <c>12.34 EUR</c>.</summary>
    /// <param name="minorUnits">Amount in minor units.</param>
    public string Format(long minorUnits)
    {
        if (MinorDigits == 0)
        {
            return $"{minorUnits} {Alpha}";
        }

        var digits = Math.Abs(minorUnits).ToString().PadLeft(MinorDigits + 1, '0');
        return $"{(minorUnits < 0 ? "-" : string.Empty)}{digits[..^MinorDigits]}.{digits[^MinorDigits..]} {Alpha}";
    }

    private static IsoCurrency Row(string row)
    {
        var alpha = row[..3];
        var digits = NoMinorUnit.Contains(alpha, StringComparison.Ordinal) ? 0
            : ThreeDigits.Contains(alpha, StringComparison.Ordinal) ? 3
            : FourDigits.Contains(alpha, StringComparison.Ordinal) ? 4
            : 2;
        return new IsoCurrency(int.Parse(row[3..]), alpha, digits);
    }
}
