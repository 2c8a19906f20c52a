using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>Answer to 06 20.</summary>
/// <param name="Kind">How the dialogue ended.</param>
/// <param name="Status">The 04 0F, where one came and could be read.</param>
public sealed record RepeatedReceipt(EcrOutcomeKind Kind, StatusInformation? Status);

/// <summary>What the agent asks a terminal about its books.</summary>
public sealed class ReceiptQuestions(RegistrationDesk desk)
{
    /// <summary>06 20 with service byte 03: the last transaction, without printing.</summary>
    public async Task<RepeatedReceipt> LastAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var command = new RepeatReceipt { Password = desk.Password, ServiceByte = RepeatReceipt.StatusOnly };
        var outcome = await lease.RunAsync(command, new QuietHandler(), cancellationToken);
        var status = outcome is { Kind: EcrOutcomeKind.Completed, Status: { } apdu } ? StatusInformation.Parse(apdu).Value : null;
        return new RepeatedReceipt(outcome.Kind, status);
    }

    /// <summary>06 10: totals without closing; null when the terminal makes none.</summary>
    public async Task<CapturedTotals?> TotalsAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var outcome = await lease.RunAsync(new SendTotals { Password = desk.Password }, new QuietHandler(), cancellationToken);
        return outcome is { Kind: EcrOutcomeKind.Completed, Status: { } apdu } && BmpCodec.Parse(apdu.Data, 0).Value is { } fields && StatusReader.IsTotals(fields)
            ? StatusReader.ReadTotals(fields)
            : null;
    }

    /// <summary>06 23 with 87 FFFF: receipt numbers of open pre-authorisations in words; empty when there are none or the terminal does not tell.</summary>
    public async Task<string> OpenPreAuthorisationsAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var outcome = await lease.RunAsync(Apdu.FromHex("06 23 03 87 FF FF"), new QuietHandler(), cancellationToken);
        if (outcome is not { Kind: EcrOutcomeKind.Aborted, ResultCode: 0xB8, Final: { } final } || final.Data.Length < 2)
        {
            return string.Empty;
        }

        var fields = BmpCodec.Parse(final.Data[1..], 1).Value;
        var receipts = new List<string>();
        if (fields?.Find(Bmp.ReceiptNumber) is { } one)
        {
            receipts.Add(Convert.ToHexString(one.Value.Span));
        }

        if (fields?.Tlv()?.Find(0x23)?.Children is { } list)
        {
            receipts.AddRange(list.Nodes.Where(static n => n.Tag == 0x08).Select(static n => Convert.ToHexString(n.Value.Span)));
        }

        return string.Join(", ", receipts.Where(static r => r != "FFFF").Distinct(StringComparer.Ordinal));
    }
}
