using Fleet.Simulator.Faults;
using FsCheck;
using FsCheck.Fluent;

namespace Fleet.Simulator.Tests.Conversations;

/// <summary>What the till asks for.</summary>
public enum ActKind
{
    Sale,
    Refund,
    Reversal,
    EndOfDay,
    Status,
}

/// <summary>What else goes wrong, beyond the counted faults of the line.</summary>
public enum TroubleKind
{
    Line,
    Delay,
    Split,
    SilentLine,
    PowerCut,
    SilentTerminal,
    HostDown,
}

/// <summary>One thing that goes wrong during an act.</summary>
public sealed record Trouble(TroubleKind Kind, LineFault Fault, int Count, PaymentStep Step)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        TroubleKind.Line => $"{Fault} x{Count}",
        TroubleKind.PowerCut or TroubleKind.SilentTerminal => $"{Kind} at {Step}",
        _ => $"{Kind}",
    };
}

/// <summary>One command of the till with everything that goes wrong meanwhile.</summary>
public sealed record Act(ActKind Kind, int Amount, Trouble[] Troubles)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Amount} [{string.Join(", ", Troubles.Select(static t => t.ToString()))}]";
}

/// <summary>A random conversation. The same seed gives the same one.</summary>
internal static class Plan
{
    private static readonly Gen<Trouble> AnyTrouble =
        from kind in Gen.Frequency(
            (12, Gen.Constant(TroubleKind.Line)),
            (2, Gen.Constant(TroubleKind.Delay)),
            (2, Gen.Constant(TroubleKind.Split)),
            (1, Gen.Constant(TroubleKind.SilentLine)),
            (3, Gen.Constant(TroubleKind.PowerCut)),
            (1, Gen.Constant(TroubleKind.SilentTerminal)),
            (1, Gen.Constant(TroubleKind.HostDown)))
        from fault in Gen.Elements(Enum.GetValues<LineFault>())
        from count in Gen.Choose(1, 4)
        from step in Gen.Elements(Enum.GetValues<PaymentStep>())
        select new Trouble(kind, fault, count, step);

    private static readonly Gen<Act> AnyAct =
        from kind in Gen.Frequency(
            (8, Gen.Constant(ActKind.Sale)),
            (2, Gen.Constant(ActKind.Refund)),
            (3, Gen.Constant(ActKind.Reversal)),
            (1, Gen.Constant(ActKind.EndOfDay)),
            (1, Gen.Constant(ActKind.Status)))
        from amount in Gen.Choose(1, 99_999)
        from count in Gen.Choose(0, 3)
        from troubles in Gen.ArrayOf(AnyTrouble, count)
        select new Act(kind, amount, troubles);

    /// <summary>Between four and nine acts.</summary>
    public static Act[] Of(int seed)
    {
        var any = from count in Gen.Choose(4, 9) from acts in Gen.ArrayOf(AnyAct, count) select acts;
        return any.Sample(1, new Rnd((ulong)seed), 50).Single();
    }
}
