using System.Text;

namespace Fleet.Zvt;

/// <summary>Character sets of texts (reference section 6).</summary>
public enum ZvtCharset
{
    /// <summary>Code page 437, the default.</summary>
    Cp437,

    /// <summary>ASCII with German letters in place of brackets.</summary>
    SevenBit,

    /// <summary>ISO 8859-1, by agreement.</summary>
    Latin1,

    /// <summary>UTF-8, by agreement.</summary>
    Utf8,
}

/// <summary>Texts of the wire. Characters a set does not have are written as a question mark.</summary>
public static class ZvtText
{
    private const string Upper437 =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    private const string SevenBitFrom = "[\\]{|}~";
    private const string SevenBitTo = "ÄÖÜäöüß";

    /// <summary>The character set that TLV 14 names: FE is UTF-8, 01 is ISO 8859-1, 00 the 7-bit set, FF code page 437. Null for any other.</summary>
    public static ZvtCharset? FromCode(byte code) => code switch
    {
        0xFE => ZvtCharset.Utf8,
        0xFF => ZvtCharset.Cp437,
        0x01 => ZvtCharset.Latin1,
        0x00 => ZvtCharset.SevenBit,
        _ => null,
    };

    /// <summary>The number of TLV 14 for a character set.</summary>
    public static byte CodeOf(ZvtCharset charset) => charset switch
    {
        ZvtCharset.Utf8 => 0xFE,
        ZvtCharset.Cp437 => 0xFF,
        ZvtCharset.Latin1 => 0x01,
        ZvtCharset.SevenBit => 0x00,
        _ => throw new ArgumentOutOfRangeException(nameof(charset), charset, "No such character set"),
    };

    /// <summary>
    /// A text for a message whose peer agreed on <paramref name="charset"/>. Messages hold their bytes as code page 437, which has a character for every byte: this is the text of
    /// those bytes.
    /// </summary>
    public static string Carry(string text, ZvtCharset charset) => charset == ZvtCharset.Cp437 ? text : Decode(Encode(text, charset));

    /// <summary>The other way: what a text of a message says in the character set that was agreed.</summary>
    public static string Reread(string text, ZvtCharset charset) => charset == ZvtCharset.Cp437 ? text : Decode(Encode(text), charset);

    /// <summary>True when every character of the text arrives as itself in this character set.</summary>
    public static bool CanShow(string text, ZvtCharset charset) => Decode(Encode(text, charset), charset) == text;

    /// <summary>Text of <paramref name="bytes"/>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, ZvtCharset charset = ZvtCharset.Cp437) => charset switch
    {
        ZvtCharset.Cp437 => Map(bytes, static b => b < 0x80 ? (char)b : Upper437[b - 0x80]),
        ZvtCharset.SevenBit => Map(bytes, static b => SevenBitFrom.IndexOf((char)(b & 0x7F)) is >= 0 and var i ? SevenBitTo[i] : (char)(b & 0x7F)),
        ZvtCharset.Latin1 => Encoding.Latin1.GetString(bytes),
        ZvtCharset.Utf8 => Encoding.UTF8.GetString(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(charset), charset, "No such character set"),
    };

    /// <summary>Bytes of <paramref name="text"/>.</summary>
    public static byte[] Encode(string text, ZvtCharset charset = ZvtCharset.Cp437) => charset switch
    {
        ZvtCharset.Cp437 => Map(text, static c => c < 0x80 ? (byte)c : Upper437.IndexOf(c) is >= 0 and var i ? (byte)(0x80 + i) : (byte)'?'),
        ZvtCharset.SevenBit => Map(text, static c => SevenBitTo.IndexOf(c) is >= 0 and var i ? (byte)SevenBitFrom[i] : c < 0x80 ? (byte)c : (byte)'?'),
        ZvtCharset.Latin1 => Encoding.Latin1.GetBytes(text),
        ZvtCharset.Utf8 => Encoding.UTF8.GetBytes(text),
        _ => throw new ArgumentOutOfRangeException(nameof(charset), charset, "No such character set"),
    };

    private static string Map(ReadOnlySpan<byte> bytes, Func<byte, char> map)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
        {
            text.Append(map(b));
        }

        return text.ToString();
    }

    private static byte[] Map(string text, Func<char, byte> map) => [.. text.Select(map)];
}
