using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>
/// The BMPs of a message in the order of the wire; immutable, equality by content. Fields nobody asks for are kept and written back. Behind an unknown tag nothing can be told
/// apart, so everything from there on is kept as <see cref="Rest"/>.
/// </summary>
public sealed class BmpSet : IEquatable<BmpSet>
{
    /// <summary>No fields.</summary>
    public static readonly BmpSet Empty = new([], default, -1);

    private readonly ImmutableArray<BmpField> _fields;

    internal BmpSet(ImmutableArray<BmpField> fields, ReadOnlyMemory<byte> rest, int restOffset)
    {
        _fields = fields;
        Rest = rest;
        RestOffset = restOffset;
    }

    /// <summary>The fields in order.</summary>
    public ImmutableArray<BmpField> Fields => _fields;

    /// <summary>Bytes from the first unknown tag on; usually empty.</summary>
    public ReadOnlyMemory<byte> Rest { get; }

    /// <summary>Offset of <see cref="Rest"/> in the data block.</summary>
    public int RestOffset { get; }

    /// <summary>The error of an unknown tag, which a PT answers with 84 83 and an ECR tolerates; null without one.</summary>
    public ZvtError? Unknown => Rest.IsEmpty
        ? null
        : new ZvtError(ZvtFault.UnknownBmp, RestOffset, $"BMP {Rest.Span[0]:X2}", "not in the table; what follows cannot be told apart");

    /// <summary>The first field with this tag.</summary>
    public BmpField? Find(byte tag)
    {
        foreach (var field in _fields)
        {
            if (field.Tag == tag)
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>True when the tag is present.</summary>
    public bool Has(byte tag) => Find(tag) is not null;

    /// <summary>Digits as a number; null when absent or when a nibble is no digit.</summary>
    public long? Number(byte tag) => Find(tag) is { } field && Bcd.TryRead(field.Value.Span, out var value) ? value : null;

    /// <summary>A one-byte field.</summary>
    public byte? Byte(byte tag) => Find(tag) is { Value.Length: > 0 } field ? field.Value.Span[0] : null;

    /// <summary>Text without its padding of 00; null when absent.</summary>
    public string? Text(byte tag, ZvtCharset charset = ZvtCharset.Cp437) =>
        Find(tag) is { } field ? ZvtText.Decode(field.Value.Span, charset).TrimEnd('\0') : null;

    /// <summary>The TLV container; null when absent or broken.</summary>
    public TlvContainer? Tlv() => Find(Bmp.Tlv) is { } field ? TlvContainer.Parse(field.Value, field.Offset).Value : null;

    /// <summary>A copy with the field set in place, inserted where <paramref name="order"/> wants it, or without it when <paramref name="value"/> is null.</summary>
    public BmpSet With(byte tag, byte[]? value, BmpOrder order)
    {
        var at = IndexOf(tag);
        if (value is null)
        {
            return at < 0 ? this : new BmpSet(_fields.RemoveAt(at), Rest, RestOffset);
        }

        var field = new BmpField(tag, value);
        if (at >= 0)
        {
            return new BmpSet(_fields.SetItem(at, field), Rest, RestOffset);
        }

        var rank = order.RankOf(tag);
        at = 0;
        while (at < _fields.Length && order.RankOf(_fields[at].Tag) <= rank)
        {
            at++;
        }

        return new BmpSet(_fields.Insert(at, field), Rest, RestOffset);
    }

    /// <summary>A copy without the fields that <paramref name="drop"/> names.</summary>
    public BmpSet Without(Func<BmpField, bool> drop) => new([.. _fields.Where(f => !drop(f))], Rest, RestOffset);

    /// <summary>A copy with every field replaced by what <paramref name="change"/> makes of it.</summary>
    public BmpSet Select(Func<BmpField, BmpField> change) => new([.. _fields.Select(change)], Rest, RestOffset);

    /// <inheritdoc/>
    public bool Equals(BmpSet? other) =>
        other is not null && _fields.SequenceEqual(other._fields) && Rest.Span.SequenceEqual(other.Rest.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BmpSet);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_fields.Length, Rest.Length);

    /// <summary>Tags only.</summary>
    public override string ToString() => string.Join(' ', _fields.Select(static f => f.Tag.ToString("X2")));

    private int IndexOf(byte tag)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_fields[i].Tag == tag)
            {
                return i;
            }
        }

        return -1;
    }
}
