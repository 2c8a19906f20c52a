namespace Fleet.Zvt;

/// <summary>One TLV object; equality is by tag and value.</summary>
public sealed class TlvNode : IEquatable<TlvNode>
{
    /// <param name="tag">Tag bytes as one number, for example 25 or 1F0E.</param>
    /// <param name="value">Value bytes.</param>
    public TlvNode(int tag, ReadOnlyMemory<byte> value)
        : this(tag, value, TlvTag.IsConstructed(tag) ? TlvContainer.Parse(value, 0).Value : null)
    {
    }

    internal TlvNode(int tag, ReadOnlyMemory<byte> value, TlvContainer? children)
    {
        Tag = tag;
        Value = value;
        Children = children;
    }

    /// <summary>Tag bytes as one number.</summary>
    public int Tag { get; }

    /// <summary>Value bytes.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The objects inside a constructed one; null for a primitive one and where the inside is no TLV (vendors do that).</summary>
    public TlvContainer? Children { get; }

    /// <summary>A constructed object.</summary>
    public static TlvNode Of(int tag, params TlvNode[] children)
    {
        var inside = new TlvContainer([.. children]);
        return new TlvNode(tag, inside.ToArray(), inside);
    }

    /// <inheritdoc/>
    public bool Equals(TlvNode? other) => other is not null && Tag == other.Tag && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TlvNode);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tag, Value.Length);

    /// <summary>Tag and length only: the value may be card data.</summary>
    public override string ToString() => $"TLV {Tag:X2}, {Value.Length} bytes";
}
