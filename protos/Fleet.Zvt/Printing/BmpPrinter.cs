namespace Fleet.Zvt;

/// <summary>BMPs and TLV objects as text. Works on redacted fields, and leaves out what the tables call secret once more.</summary>
internal static class BmpPrinter
{
    public static IEnumerable<PrintedField> Print(BmpSet fields)
    {
        foreach (var field in fields.Fields)
        {
            if (field.Tag == Bmp.Tlv)
            {
                foreach (var inner in TlvContainer.Parse(field.Value, field.Offset).Value is { } tlv ? Print(tlv) : [new("TLV", $"{field.Value.Length} bytes that are no TLV")])
                {
                    yield return inner;
                }
            }
            else
            {
                yield return new PrintedField(BmpTable.Find(field.Tag)?.Name ?? field.Label, Value(field, fields));
            }
        }
    }

    public static string Currency(int numeric) => IsoCurrency.Find(numeric)?.Alpha ?? $"{numeric:D3}";

    private static string Value(BmpField field, BmpSet all)
    {
        var bytes = field.Value.Span;
        var definition = BmpTable.Find(field.Tag);
        if (definition is null or { Sensitivity: Sensitivity.Secret })
        {
            return $"({bytes.Length} bytes)";
        }

        return field.Tag switch
        {
            Bmp.Amount when all.Number(Bmp.Amount) is { } amount => (IsoCurrency.Find((int?)all.Number(Bmp.Currency) ?? IsoCurrency.Euro.Numeric) ?? IsoCurrency.Euro).Format(amount),
            Bmp.Currency when all.Number(Bmp.Currency) is { } currency => Currency((int)currency),
            Bmp.ResultCode => $"{bytes[0]:X2} {ResultCodes.Describe(bytes[0])}",
            Bmp.CardType => bytes[0] == byte.MaxValue ? "see TLV 41" : CardType.Find(bytes[0]).Name,
            Bmp.Totals => BatchTotals.Parse(bytes) is { } totals ? Totals(totals) : $"({bytes.Length} bytes)",
            _ => definition.Content switch
            {
                BmpContent.CardNumber => CardNumber.Show(bytes),
                BmpContent.Text => Quote(bytes),
                BmpContent.Digits or BmpContent.Binary or BmpContent.Totals or BmpContent.Tlv => Convert.ToHexString(bytes),
                _ => throw new InvalidOperationException("No such content: " + definition.Content),
            },
        };
    }

    private static IEnumerable<PrintedField> Print(TlvContainer container)
    {
        foreach (var node in container.Nodes)
        {
            yield return TlvDefinition.Find(node.Tag) switch
            {
                null => new($"TLV {node.Tag:X2}", $"({node.Value.Length} bytes)"),
                { Content: TlvContent.Secret } row => new(row.Name, $"({node.Value.Length} bytes)"),
                { Content: TlvContent.Text } row => new(row.Name, Quote(node.Value.Span)),
                { Content: TlvContent.Container } row => new(row.Name, node.Children is { } inside ? $"{{{string.Join(", ", Print(inside))}}}" : $"({node.Value.Length} bytes)"),
                { } row => new(row.Name, Convert.ToHexString(node.Value.Span)),
            };
        }
    }

    private static string Totals(BatchTotals totals)
    {
        var groups = totals.ByGroup.Where(static g => g.Total != default).Select(static g => $"{g.Group} {g.Total.Count} x = {g.Total.Amount}");
        return $"receipts {totals.FirstReceipt:D4}-{totals.LastReceipt:D4} {string.Join("; ", groups)}".TrimEnd();
    }

    private static string Quote(ReadOnlySpan<byte> bytes) => $"\"{CardNumber.MaskInText(ZvtText.Decode(bytes).TrimEnd('\0', ' '))}\"";
}
