namespace Fleet.Zvt;

/// <summary>Six digits in three bytes, untagged and first in the data block (reference section 6). Never shown.</summary>
public readonly record struct ZvtPassword
{
    private readonly int _bytes;

    private ZvtPassword(int bytes) => _bytes = bytes;

    /// <summary>000000.</summary>
    public static ZvtPassword Zero => default;

    /// <summary>A password from its six digits.</summary>
    /// <exception cref="FormatException">Not six digits.</exception>
    public static ZvtPassword Parse(string digits) =>
        digits.Length == 6 && digits.All(char.IsAsciiDigit)
            ? FromBytes(Convert.FromHexString(digits))
            : throw new FormatException("A terminal password has six digits");

    /// <summary>A password from its three bytes as they are.</summary>
    public static ZvtPassword FromBytes(ReadOnlySpan<byte> bytes) => new((bytes[0] << 16) | (bytes[1] << 8) | bytes[2]);

    /// <summary>The three bytes.</summary>
    public byte[] ToArray() => [(byte)(_bytes >> 16), (byte)(_bytes >> 8), (byte)_bytes];

    /// <summary>True when its first <paramref name="count"/> digits are those of <paramref name="digits"/>.</summary>
    public bool Begins(string digits, int count) =>
        string.CompareOrdinal(Convert.ToHexString(ToArray()), 0, digits, 0, count) == 0;

    /// <summary>Six stars.</summary>
    public override string ToString() => "******";
}
