namespace Fleet.Zvt;

/// <summary>Packed decimal digits, most significant first (reference section 6).</summary>
public static class Bcd
{
    /// <summary>Reads digits as a number; false when a nibble is no digit or the number does not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        foreach (var b in digits)
        {
            var high = b >> 4;
            var low = b & 0x0F;
            if (high > 9 || low > 9 || value > (long.MaxValue / 100) - 1)
            {
                return false;
            }

            value = (value * 100) + (high * 10) + low;
        }

        return true;
    }

    /// <summary>Writes <paramref name="value"/> left padded with 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more digits than <paramref name="bytes"/> hold.</exception>
    public static byte[] Write(long value, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var result = new byte[bytes];
        var rest = value;
        for (var i = bytes - 1; i >= 0; i--)
        {
            result[i] = (byte)((rest / 10 % 10 << 4) | (rest % 10));
            rest /= 100;
        }

        return rest == 0 ? result : throw new ArgumentOutOfRangeException(nameof(value), value, $"More than {bytes * 2} digits");
    }
}
