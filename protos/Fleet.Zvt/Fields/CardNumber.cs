using System.Text;

namespace Fleet.Zvt;

/// <summary>BMP 22: card number digits, <c>E</c> for a masked digit, <c>F</c> for padding (reference sections 6 and 17).</summary>
public static class CardNumber
{
    private const int ShortestInText = 13;
    private const int LongestInText = 19;
    private const int Shown = 10;
    private const int ShownFirst = 6;
    private const int ShownLast = 4;

    /// <summary>For people: at most the first six and last four digits, everything else as <c>*</c>, whatever came over the wire.</summary>
    public static string Show(ReadOnlySpan<byte> value)
    {
        var nibbles = Nibbles(value);
        var text = new StringBuilder(nibbles.Count);
        for (var i = 0; i < nibbles.Count; i++)
        {
            text.Append(nibbles[i] <= 9 && IsShown(i, nibbles.Count) ? (char)('0' + nibbles[i]) : '*');
        }

        return text.ToString();
    }

    /// <summary>The same number with every digit beyond the first six and last four replaced by E.</summary>
    public static byte[] Mask(ReadOnlySpan<byte> value)
    {
        var masked = value.ToArray();
        var count = Nibbles(value).Count;
        for (var i = 0; i < masked.Length * 2; i++)
        {
            if (i < count && !IsShown(i, count))
            {
                masked[i / 2] = i % 2 == 0 ? (byte)(0xE0 | (masked[i / 2] & 0x0F)) : (byte)((masked[i / 2] & 0xF0) | 0x0E);
            }
        }

        return masked;
    }

    /// <summary>True when <see cref="Mask"/> would change nothing.</summary>
    public static bool IsMasked(ReadOnlySpan<byte> value) => Mask(value).AsSpan().SequenceEqual(value);

    /// <summary>Bytes of a masked number such as <c>671234******1230</c>.</summary>
    /// <exception cref="FormatException">Something other than digits and <c>*</c>, or more than ten digits in the clear.</exception>
    public static byte[] Encode(string masked)
    {
        if (masked.Any(static c => c is not ('*' or (>= '0' and <= '9'))) || masked.Count(static c => c != '*') > Shown)
        {
            throw new FormatException("A card number is written with at most ten digits, all others as *");
        }

        var padded = masked.Length % 2 == 0 ? masked : masked + 'F';
        return Convert.FromHexString(padded.Replace('*', 'E'));
    }

    /// <summary>Texts for people may quote a card number: a group of 13 to 19 digits with a good check digit, blanks and hyphens allowed, is masked like a field.</summary>
    public static string MaskInText(string text)
    {
        var masked = text.ToCharArray();
        for (var start = 0; start < masked.Length; start++)
        {
            if (!char.IsAsciiDigit(masked[start]))
            {
                continue;
            }

            var digits = DigitsFrom(masked, start);
            if (digits.Count is >= ShortestInText and <= LongestInText && HasCheckDigit(masked, digits))
            {
                for (var i = ShownFirst; i < digits.Count - ShownLast; i++)
                {
                    masked[digits[i]] = '*';
                }
            }

            start = digits[^1];
        }

        return new string(masked);
    }

    private static List<int> DigitsFrom(char[] text, int start)
    {
        var digits = new List<int>();
        for (var i = start; i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] is ' ' or '-'); i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                digits.Add(i);
            }
        }

        return digits;
    }

    // The check digit of ISO/IEC 7812.
    private static bool HasCheckDigit(char[] text, List<int> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Count; i++)
        {
            var digit = text[digits[^(i + 1)]] - '0';
            sum += i % 2 == 0 ? digit : digit > 4 ? (digit * 2) - 9 : digit * 2;
        }

        return sum % 10 == 0;
    }

    private static bool IsShown(int index, int count) => count > Shown && (index < ShownFirst || index >= count - ShownLast);

    private static List<int> Nibbles(ReadOnlySpan<byte> value)
    {
        var nibbles = new List<int>(value.Length * 2);
        foreach (var b in value)
        {
            nibbles.Add(b >> 4);
            nibbles.Add(b & 0x0F);
        }

        while (nibbles.Count > 0 && nibbles[^1] == 0x0F)
        {
            nibbles.RemoveAt(nibbles.Count - 1);
        }

        return nibbles;
    }
}
