using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>Count and sum of one card group.</summary>
/// <param name="Count">Number of transactions, at most 255.</param>
/// <param name="Amount">Sum in minor units; the field has no sign.</param>
public readonly record struct GroupTotal(int Count, long Amount);

/// <summary>Card groups of BMP 60 in the order of the wire.</summary>
public enum TotalGroup
{
    /// <summary>girocard.</summary>
    Girocard,

    /// <summary>JCB.</summary>
    Jcb,

    /// <summary>Mastercard.</summary>
    Mastercard,

    /// <summary>American Express.</summary>
    AmericanExpress,

    /// <summary>Visa.</summary>
    Visa,

    /// <summary>Diners.</summary>
    Diners,

    /// <summary>Everything else.</summary>
    Other,
}

/// <summary>BMP 60: receipts from and to, then count (binary) and sum of seven card groups, 53 bytes (reference section 12.2).</summary>
public sealed record BatchTotals
{
    /// <summary>Bytes of the field.</summary>
    public const int Length = 4 + (Groups * GroupLength);

    private const int Groups = 7;
    private const int GroupLength = 7;

    /// <summary>First receipt number of the batch.</summary>
    public int FirstReceipt { get; init; }

    /// <summary>Last receipt number of the batch.</summary>
    public int LastReceipt { get; init; }

    /// <summary>girocard.</summary>
    public GroupTotal Girocard { get; init; }

    /// <summary>JCB.</summary>
    public GroupTotal Jcb { get; init; }

    /// <summary>Mastercard ("Eurocard").</summary>
    public GroupTotal Mastercard { get; init; }

    /// <summary>American Express.</summary>
    public GroupTotal AmericanExpress { get; init; }

    /// <summary>Visa.</summary>
    public GroupTotal Visa { get; init; }

    /// <summary>Diners.</summary>
    public GroupTotal Diners { get; init; }

    /// <summary>All others.</summary>
    public GroupTotal Other { get; init; }

    /// <summary>The groups with their names in the order of the wire.</summary>
    public ImmutableArray<(TotalGroup Group, GroupTotal Total)> ByGroup =>
    [
        (TotalGroup.Girocard, Girocard), (TotalGroup.Jcb, Jcb), (TotalGroup.Mastercard, Mastercard), (TotalGroup.AmericanExpress, AmericanExpress),
        (TotalGroup.Visa, Visa), (TotalGroup.Diners, Diners), (TotalGroup.Other, Other),
    ];

    /// <summary>Transactions of all groups.</summary>
    public int Count => ByGroup.Sum(static g => g.Total.Count);

    /// <summary>Sum of all groups in minor units.</summary>
    public long Amount => ByGroup.Sum(static g => g.Total.Amount);

    /// <summary>Reads the value of BMP 60; null when it has another length or digits that are none.</summary>
    public static BatchTotals? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length != Length || !Bcd.TryRead(value[..2], out var first) || !Bcd.TryRead(value[2..4], out var last))
        {
            return null;
        }

        var groups = new GroupTotal[Groups];
        for (var i = 0; i < Groups; i++)
        {
            var group = value.Slice(4 + (i * GroupLength), GroupLength);
            if (!Bcd.TryRead(group[1..], out var amount))
            {
                return null;
            }

            groups[i] = new GroupTotal(group[0], amount);
        }

        return new BatchTotals
        {
            FirstReceipt = (int)first,
            LastReceipt = (int)last,
            Girocard = groups[0],
            Jcb = groups[1],
            Mastercard = groups[2],
            AmericanExpress = groups[3],
            Visa = groups[4],
            Diners = groups[5],
            Other = groups[6],
        };
    }

    /// <summary>The value of BMP 60.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count above 255, or an amount with a sign or more than 12 digits.</exception>
    public byte[] ToArray()
    {
        var value = new byte[Length];
        Bcd.Write(FirstReceipt, 2).CopyTo(value, 0);
        Bcd.Write(LastReceipt, 2).CopyTo(value, 2);
        var at = 4;
        foreach (var (_, total) in ByGroup)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(total.Count, byte.MaxValue);
            ArgumentOutOfRangeException.ThrowIfNegative(total.Count);
            value[at] = (byte)total.Count;
            Bcd.Write(total.Amount, 6).CopyTo(value, at + 1);
            at += GroupLength;
        }

        return value;
    }
}
