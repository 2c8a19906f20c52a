using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Fleet.Zvt;

/// <summary>
/// One ZVT application data unit: <c>CLASS INSTR LEN data</c> (reference section 4). A command or, when the first byte is 80 or 84, a response.
/// Immutable; equality is by content. It may hold card data: print it only through <c>ZvtPrinter</c>.
/// </summary>
public sealed class Apdu : IEquatable<Apdu>
{
    /// <summary>Largest number of data bytes an extended length can name.</summary>
    public const int MaxDataLength = 65535;

    /// <summary>Largest number of data bytes of the one-byte length; FF announces the extended form.</summary>
    public const int MaxShortLength = 254;

    /// <summary>80 00 00: positive, nothing to add.</summary>
    public static readonly Apdu Positive = new(0x80, 0x00);

    /// <param name="class">CLASS of a command, CCRC of a response.</param>
    /// <param name="instruction">INSTR of a command, APRC (the error code after 84) of a response.</param>
    /// <param name="data">At most <see cref="MaxDataLength"/> bytes; not copied.</param>
    /// <param name="extendedLength">Writes the three-byte length even where one byte would do, as some peers do.</param>
    public Apdu(byte @class, byte instruction, ReadOnlyMemory<byte> data = default, bool extendedLength = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, MaxDataLength);
        Class = @class;
        Instruction = instruction;
        Data = data;
        ExtendedLength = extendedLength || data.Length > MaxShortLength;
    }

    /// <summary>CLASS of a command, CCRC of a response.</summary>
    public byte Class { get; }

    /// <summary>INSTR of a command, APRC of a response.</summary>
    public byte Instruction { get; }

    /// <summary>The data block without its length.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>True when the length field has three bytes (FF low high).</summary>
    public bool ExtendedLength { get; }

    /// <summary>Class and instruction as one number, for example 0601.</summary>
    public int Code => (Class << 8) | Instruction;

    /// <summary>First byte 80 or 84.</summary>
    public bool IsResponse => Class is 0x80 or 0x84;

    /// <summary>80 00 and 84 00 are positive (section 4).</summary>
    public bool IsPositive => IsResponse && Instruction == 0x00;

    /// <summary>84 xx with xx other than 00.</summary>
    public bool IsNegative => Class == 0x84 && Instruction != 0x00;

    /// <summary>Bytes of the encoded form.</summary>
    public int EncodedLength => (ExtendedLength ? 5 : 3) + Data.Length;

    /// <summary>84 xx with optional data.</summary>
    /// <param name="errorCode">Section 13.1, for example 83 for a command that is not known.</param>
    /// <param name="data">Additional bytes, for example the currency after 84 1E.</param>
    public static Apdu Negative(byte errorCode, ReadOnlyMemory<byte> data = default) => new(0x84, errorCode, data);

    /// <summary>A command or response from class and instruction as one number.</summary>
    public static Apdu Of(int code, ReadOnlyMemory<byte> data = default) => new((byte)(code >> 8), (byte)code, data);

    /// <summary>Parses bytes that must be exactly one APDU; false when they are not.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Apdu? apdu)
    {
        var sequence = new ReadOnlySequence<byte>(bytes);
        return ApduReader.TryRead(ref sequence, MaxDataLength, out apdu) == ApduReadStatus.Complete && sequence.IsEmpty;
    }

    /// <summary>Parses hexadecimal text such as <c>06 01 07 04 00 00 00 00 12 34</c>; blanks are ignored.</summary>
    /// <exception cref="FormatException">The text is not exactly one APDU.</exception>
    public static Apdu FromHex(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        var bytes = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
        return TryParse(bytes, out var apdu) ? apdu : throw new FormatException("The length field does not fit the bytes: " + hex);
    }

    /// <summary>Writes the encoded form.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(EncodedLength);
        output.Advance(Encode(span));
    }

    /// <summary>The encoded form as a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[EncodedLength];
        Encode(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(Apdu? other) => other is not null && Code == other.Code && ExtendedLength == other.ExtendedLength
        && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Apdu);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Code);
        hash.AddBytes(Data.Span);
        return hash.ToHashCode();
    }

    /// <summary>Class, instruction and length only: the data may be card data.</summary>
    public override string ToString() => $"{Class:X2} {Instruction:X2} ({Data.Length} bytes)";

    private int Encode(Span<byte> target)
    {
        target[0] = Class;
        target[1] = Instruction;
        var header = 3;
        if (ExtendedLength)
        {
            target[2] = 0xFF;
            target[3] = (byte)Data.Length;
            target[4] = (byte)(Data.Length >> 8);
            header = 5;
        }
        else
        {
            target[2] = (byte)Data.Length;
        }

        Data.Span.CopyTo(target[header..]);
        return header + Data.Length;
    }
}
