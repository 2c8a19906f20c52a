using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>Commands for people.</summary>
public static class CommandText
{
    /// <summary>States that a command never leaves.</summary>
    public static bool IsFinal(Command.Types.State state) => state is
        Command.Types.State.Succeeded or Command.Types.State.Failed or Command.Types.State.Cancelled or Command.Types.State.Expired;

    /// <summary>True when it ended as an operator wanted: done, or taken back.</summary>
    public static bool IsGood(Command? command) => command?.State is Command.Types.State.Succeeded or Command.Types.State.Cancelled;

    /// <summary>One state of a watched command.</summary>
    public static void PrintEvent(Printer printer, Command c) =>
        printer.Event(c, Words.Of(c.UpdateTime), Words.Of(c.State), c.StateReason, c.StateDetail);

    /// <summary>All of a command.</summary>
    public static void Print(Printer printer, Command c)
    {
        printer.One(
            c,
            ("Command", Words.Id(c.Name)),
            ("Terminal", Words.Id(c.Terminal)),
            ("Kind", Words.Of(c.Kind)),
            ("State", Words.Of(c.State)),
            ("Why", Why(c)),
            ("Reason", c.Reason),
            ("Message", c.Message),
            ("Methods", string.Join(' ', c.Parameters?.PaymentMethods ?? [])),
            ("Limits", c.Parameters?.Limits is { } limits ? Of(limits) : string.Empty),
            ("Configuration", string.Join("  ", c.Parameters?.Configuration.Select(static s => $"{s.Key}={s.Value}") ?? [])),
            ("Requested", $"{Words.Of(c.CreateTime)} by {c.Requester}"),
            ("Not before", Words.Of(c.NotBeforeTime)),
            ("Expires", Words.Of(c.ExpireTime)),
            ("Enforced by", c.Enforcement),
            ("Terminal counted", Counted(c.Counters, static f => f.Terminal)),
            ("Journal counted", Counted(c.Counters, static f => f.Journal)),
            ("Ledger counted", Counted(c.Counters, static f => f.Ledger)),
            ("Acquirer counted", Counted(c.Counters, static f => f.Acquirer)),
            ("Approvals", c.Approvals is { } a ? $"{a.Given.Count} of {a.Needed} {string.Join(", ", a.Given.Select(static g => g.Approver))}".TrimEnd() : string.Empty),
            ("Closing proof", c.HasClosingProof ? $"posctl proof get {Words.Id(c.Name)} --out FILE" : string.Empty),
            ("Attachment", c.AttachmentName.Length > 0 ? $"posctl commands attachment {Words.Id(c.Name)}" : string.Empty),
            ("Etag", c.Etag));
        foreach (var line in c.Report.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            printer.Say("  | " + new string([.. line.Where(static ch => !char.IsControl(ch))]));
        }

        foreach (var move in c.Moves)
        {
            printer.Say($"  {Words.Of(move.Time)}  {Words.Of(move.From)} -> {Words.Of(move.To)}  {move.Actor}  {move.Reason}  {move.Detail}".TrimEnd());
        }
    }

    /// <summary>Code and text that explain the present state; empty when nothing is to explain.</summary>
    public static string Why(Command c) => string.Join(": ", new[] { c.StateReason, c.StateDetail }.Where(static t => t.Length > 0));

    private static string Counted(FourCounters? counters, Func<FourCounters, Counter?> which) =>
        counters is null ? string.Empty : which(counters) is { } counter ? Words.Of(counter) : "not reported";

    private static string Of(PaymentLimits limits)
    {
        List<string> parts = [.. limits.AmountCaps.Select(static m => $"cap {Words.Of(m)}"), .. limits.OfflineAmounts.Select(static m => $"offline {Words.Of(m)}")];
        if (limits.OfflineCount > 0)
        {
            parts.Add($"offline {limits.OfflineCount} payments");
        }

        if (limits.OfflineAgeSeconds > 0)
        {
            parts.Add($"offline {TimeSpan.FromSeconds(limits.OfflineAgeSeconds)}");
        }

        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }
}
