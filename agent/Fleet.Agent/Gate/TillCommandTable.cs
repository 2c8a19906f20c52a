using System.Collections.Frozen;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Gate;

/// <summary>What a till's command means to the agent.</summary>
public enum TillCommandNature
{
    /// <summary>Asks or shows, moves no money and changes nothing: goes through even when the gate is closed.</summary>
    ReadOnly,

    /// <summary>Moves money, or prepares to: an intent is written before.</summary>
    Money,

    /// <summary>Closes the batch.</summary>
    EndOfDay,

    /// <summary>06 00: answered by the terminal, with the agent's bits set.</summary>
    Registration,

    /// <summary>06 02: answered by the agent. The terminal stays registered, because a log-off would let it sell by itself.</summary>
    LogOff,

    /// <summary>06 B0 outside a dialogue.</summary>
    Abort,

    /// <summary>Changes the terminal: only through an open gate.</summary>
    Administration,

    /// <summary>Would take the terminal away from the agent: refused by the agent.</summary>
    Forbidden,
}

/// <summary>One row of the table.</summary>
/// <param name="Nature">What it means.</param>
/// <param name="Kind">Which way money moves, for <see cref="TillCommandNature.Money"/>.</param>
/// <param name="PasswordFirst">True when the data block begins with three untagged bytes of password.</param>
/// <param name="RefusalCode">Error code of the refusal, for <see cref="TillCommandNature.Forbidden"/>.</param>
public sealed record TillCommandRow(
    TillCommandNature Nature, PaymentKind Kind = PaymentKind.Unspecified, bool PasswordFirst = false, byte RefusalCode = 0x83);

/// <summary>
/// The commands of reference section 9 as the agent sees them. A command that is not in the table is administration: byte-faithful
/// through an open gate, refused through a closed one.
/// </summary>
public static class TillCommandTable
{
    private static readonly TillCommandRow Unlisted = new(TillCommandNature.Administration);

    private static readonly FrozenDictionary<int, TillCommandRow> Rows = new Dictionary<int, TillCommandRow>
    {
        [0x0501] = new(TillCommandNature.ReadOnly),
        [0x0600] = new(TillCommandNature.Registration, PasswordFirst: true),
        [0x0601] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0602] = new(TillCommandNature.LogOff),
        [0x0604] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0605] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0609] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x060C] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0610] = new(TillCommandNature.ReadOnly, PasswordFirst: true),
        [0x0612] = new(TillCommandNature.ReadOnly, PasswordFirst: true),
        [0x061A] = new(TillCommandNature.ReadOnly),
        [0x0620] = new(TillCommandNature.ReadOnly, PasswordFirst: true),
        [0x0621] = new(TillCommandNature.Money, PaymentKind.Sale, PasswordFirst: true),
        [0x0622] = new(TillCommandNature.Money, PaymentKind.PreAuthorisation),
        [0x0623] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0624] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x0625] = new(TillCommandNature.Money, PaymentKind.PreAuthorisation),
        [0x0626] = new(TillCommandNature.Money, PaymentKind.PreAuthorisation),
        [0x0630] = new(TillCommandNature.Money, PaymentKind.Reversal, PasswordFirst: true),
        [0x0631] = new(TillCommandNature.Money, PaymentKind.Refund, PasswordFirst: true),
        [0x0650] = new(TillCommandNature.EndOfDay, PasswordFirst: true),
        [0x0651] = new(TillCommandNature.Administration, PasswordFirst: true),
        [0x0670] = new(TillCommandNature.ReadOnly),
        [0x06B0] = new(TillCommandNature.Abort),
        [0x06C0] = new(TillCommandNature.ReadOnly),
        [0x06C5] = new(TillCommandNature.ReadOnly),
        [0x06D1] = new(TillCommandNature.ReadOnly),
        [0x06D3] = new(TillCommandNature.ReadOnly),
        [0x06E0] = new(TillCommandNature.ReadOnly),
        [0x06E1] = new(TillCommandNature.ReadOnly),
        [0x06E6] = new(TillCommandNature.Money, PaymentKind.Sale),
        [0x06F0] = new(TillCommandNature.ReadOnly),
        [0x0802] = new(TillCommandNature.Forbidden),
        [0x0840] = new(TillCommandNature.Forbidden, RefusalCode: 0x7D),
    }.ToFrozenDictionary();

    /// <summary>The row of a command.</summary>
    public static TillCommandRow Find(int code) => Rows.GetValueOrDefault(code, Unlisted);

    /// <summary>Every listed command, for documentation and tests.</summary>
    public static IEnumerable<KeyValuePair<int, TillCommandRow>> All => Rows;
}
