namespace Fleet.Zvt;

/// <summary>One BMP as it stands in a message; equality is by content.</summary>
/// <param name="tag">Tag byte, one of <see cref="BmpTable"/>.</param>
/// <param name="value">Value without tag and length.</param>
/// <param name="offset">Offset of the tag in the data block it was read from; -1 for a field made here.</param>
public sealed class BmpField(byte tag, ReadOnlyMemory<byte> value, int offset = -1) : IEquatable<BmpField>
{
    /// <summary>Tag byte.</summary>
    public byte Tag => tag;

    /// <summary>Value without tag and length.</summary>
    public ReadOnlyMemory<byte> Value => value;

    /// <summary>Where it was read, for messages to people.</summary>
    public int Offset => offset;

    /// <summary>Name with tag.</summary>
    public string Label => BmpTable.Find(tag)?.Label ?? $"BMP {tag:X2}";

    /// <inheritdoc/>
    public bool Equals(BmpField? other) => other is not null && Tag == other.Tag && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BmpField);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(tag, value.Length);

    /// <summary>Tag and length only: the value may be card data.</summary>
    public override string ToString() => $"{Label}, {value.Length} bytes";
}
