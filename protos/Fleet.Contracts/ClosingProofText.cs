using System.Globalization;
using System.Text;
using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts;

/// <summary>A closing proof for people: what <c>GetClosingProof</c> and the offline verifier print, from the signed bytes alone.</summary>
public static class ClosingProofText
{
    /// <summary>Writes the statement, one fact a line, ending with a line break.</summary>
    public static string Write(ClosingProof proof)
    {
        var text = new StringBuilder();
        Line(text, "Closing proof", proof.ProofId);
        Line(text, "Terminal", Terminal(proof));
        Line(text, "Command", $"{KindOf(proof.Kind)} {proof.CommandId}");
        Line(text, "Settlement", proof.SettlementId);
        Line(text, "Locked", Time(proof.LockedUnixMicros));
        Line(text, "Enforced by", LevelOf(proof.Enforcement));
        Line(text, "Terminal counted", Counter(proof.Counters?.Terminal));
        Line(text, "Journal counted", Counter(proof.Counters?.Journal));
        Line(text, "Ledger counted", Counter(proof.Counters?.Ledger));
        Line(text, "Acquirer counted", Counter(proof.Counters?.Acquirer));
        Line(text, "Journal epoch", Convert.ToHexStringLower(proof.Epoch.Span));
        Line(text, "Settlement entry", $"{proof.SettlementSequence}, hash {Convert.ToHexStringLower(proof.SettlementHash.Span)}");
        Line(text, "Last entry", $"{proof.FinalSequence}, hash {Convert.ToHexStringLower(proof.FinalHash.Span)}");
        Line(text, "Issued", Time(proof.IssuedUnixMicros));
        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string value) => text.Append(name.PadRight(18)).Append(value).Append('\n');

    private static string Terminal(ClosingProof proof)
    {
        var device = new[] { ("TID", proof.Tid), ("serial number", proof.SerialNumber) }.Where(static p => p.Item2.Length > 0).Select(static p => $"{p.Item1} {p.Item2}");
        var known = string.Join(", ", device);
        return known.Length == 0 ? proof.TerminalId : $"{proof.TerminalId} ({known})";
    }

    private static string Counter(Counter? counter) => counter is null
        ? "not reported"
        : $"{counter.Count} transactions, {MoneyText.Format(counter.Sum?.MinorUnits ?? 0, counter.Sum?.Currency ?? string.Empty)}";

    // A signed field may hold anything a verifier is shown: out of range is said, not thrown.
    private static string Time(long unixMicros) =>
        unixMicros is > 0 and < 253_402_300_800_000_000
            ? DateTimeOffset.UnixEpoch.AddMicroseconds(unixMicros).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : "no time";

    private static string KindOf(CommandKind kind) => kind switch
    {
        CommandKind.Disable => "DISABLE",
        CommandKind.Enable => "ENABLE",
        CommandKind.SettleAndLock => "SETTLE_AND_LOCK",
        CommandKind.Retire => "RETIRE",
        _ => $"kind {(int)kind}",
    };

    private static string LevelOf(EnforcementLevel level) => level switch
    {
        EnforcementLevel.Gate => "the agent's gate",
        EnforcementLevel.Registered => "the agent's gate and the terminal's registration",
        EnforcementLevel.Device => "the device itself",
        _ => "nobody said",
    };
}
