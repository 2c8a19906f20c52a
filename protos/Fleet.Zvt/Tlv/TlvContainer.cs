using System.Buffers;
using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>TLV objects in order (the value of BMP 06, or of a constructed object); immutable, equality by content. Unknown tags are kept.</summary>
public sealed class TlvContainer : IEquatable<TlvContainer>
{
    private const int MaxDepth = 8;

    /// <summary>No objects: <c>06 00</c>, which only says that TLV is understood.</summary>
    public static readonly TlvContainer Empty = new([]);

    private readonly ReadOnlyMemory<byte>? _source;

    /// <param name="nodes">The objects in order.</param>
    public TlvContainer(ImmutableArray<TlvNode> nodes)
        : this(nodes, null)
    {
    }

    private TlvContainer(ImmutableArray<TlvNode> nodes, ReadOnlyMemory<byte>? source)
    {
        Nodes = nodes;
        _source = source;
    }

    /// <summary>The objects in order.</summary>
    public ImmutableArray<TlvNode> Nodes { get; }

    /// <summary>Reads objects to the end of <paramref name="data"/>. A constructed object whose inside is no TLV keeps its bytes and has no children.</summary>
    /// <param name="data">The value of BMP 06.</param>
    /// <param name="offset">Offset of the BMP in the data block, for errors.</param>
    public static ZvtParse<TlvContainer> Parse(ReadOnlyMemory<byte> data, int offset) => Parse(data, offset, MaxDepth);

    /// <summary>The first object with this tag on this level.</summary>
    public TlvNode? Find(int tag)
    {
        foreach (var node in Nodes)
        {
            if (node.Tag == tag)
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>Follows constructed objects down to a tag, for example 2F then 1F12.</summary>
    public TlvNode? Find(int outer, int inner) => Find(outer)?.Children?.Find(inner);

    /// <summary>Value of the object with this tag as text.</summary>
    public string? Text(int tag, ZvtCharset charset = ZvtCharset.Cp437) => Find(tag) is { } node ? ZvtText.Decode(node.Value.Span, charset) : null;

    /// <summary>Digits of the object with this tag; null when absent or no digits.</summary>
    public long? Number(int tag) => Find(tag) is { } node && Bcd.TryRead(node.Value.Span, out var value) ? value : null;

    /// <summary>First byte of the object with this tag.</summary>
    public byte? Byte(int tag) => Find(tag) is { Value.Length: > 0 } node ? node.Value.Span[0] : null;

    /// <summary>A copy with the object set in place or added at the end; without it when <paramref name="value"/> is null.</summary>
    public TlvContainer With(int tag, byte[]? value)
    {
        var old = Find(tag);
        if (value is null)
        {
            return old is null ? this : new TlvContainer(Nodes.Remove(old));
        }

        var node = new TlvNode(tag, value);
        return new TlvContainer(old is null ? Nodes.Add(node) : Nodes.Replace(old, node));
    }

    /// <summary>A copy with one more object at the end.</summary>
    public TlvContainer Add(TlvNode node) => new(Nodes.Add(node));

    /// <summary>The encoded objects; exactly the bytes they were read from, if they were read.</summary>
    public byte[] ToArray()
    {
        if (_source is { } source)
        {
            return source.ToArray();
        }

        var output = new ArrayBufferWriter<byte>();
        foreach (var node in Nodes)
        {
            TlvTag.Write(node.Tag, output);
            TlvLength.Write(node.Value.Length, output);
            output.Write(node.Value.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public bool Equals(TlvContainer? other) => other is not null && Nodes.SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TlvContainer);

    /// <inheritdoc/>
    public override int GetHashCode() => Nodes.Length;

    /// <summary>Tags only.</summary>
    public override string ToString() => string.Join(' ', Nodes.Select(static n => n.Tag.ToString("X2")));

    private static ZvtParse<TlvContainer> Parse(ReadOnlyMemory<byte> data, int offset, int depth)
    {
        var nodes = ImmutableArray.CreateBuilder<TlvNode>();
        var at = 0;
        while (at < data.Length)
        {
            var error = TlvTag.Read(data.Span[at..], offset, out var tag, out var tagLength);
            var header = 0;
            var length = 0;
            error ??= TlvLength.Read(data.Span[(at + tagLength)..], offset, $"TLV {tag:X2}", out header, out length);
            var start = at + tagLength + header;
            if (error is null && data.Length - start < length)
            {
                error = new ZvtError(ZvtFault.BadTlv, offset, $"TLV {tag:X2}", $"needs {length} bytes, {data.Length - start} are left");
            }

            if (error is not null)
            {
                return new(null, error);
            }

            var value = data.Slice(start, length);
            var children = TlvTag.IsConstructed(tag) && depth > 1 ? Parse(value, offset, depth - 1).Value : null;
            nodes.Add(new TlvNode(tag, value, children));
            at = start + length;
        }

        return new(new TlvContainer(nodes.ToImmutable(), data), null);
    }
}
