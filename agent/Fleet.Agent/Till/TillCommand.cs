using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>A till's command, read as far as the agent needs.</summary>
/// <param name="Apdu">What goes to the terminal: the till's own bytes, without card data.</param>
/// <param name="Nature">What it means.</param>
/// <param name="Payment">For a money command: what is asked for.</param>
/// <param name="GoodsTimeout">BMP 01: how long the till wants for its answer to 04 0F; null when it does not say.</param>
/// <param name="IsRedacted">True when card data was taken out.</param>
/// <param name="PaymentType">BMP 19; null when the till leaves it to the terminal.</param>
public sealed record TillCommand(Apdu Apdu, TillCommandNature Nature, PaymentRequest? Payment, TimeSpan? GoodsTimeout, bool IsRedacted, byte? PaymentType = null)
{
    private const int PartialReversal = 0x0623;

    /// <summary>Reads a command; null with the error that the till is told.</summary>
    public static TillCommand? Read(Apdu apdu, string defaultCurrency, out ZvtError? error)
    {
        var row = TillCommandTable.Find(apdu.Code);
        var clean = TillRedaction.Redact(apdu, out error);
        if (error is not null)
        {
            return null;
        }

        if (row.Nature != TillCommandNature.Money)
        {
            return new TillCommand(clean, row.Nature, null, null, IsRedacted: false);
        }

        var prefix = TillRedaction.PrefixLength(clean, row);
        var fields = BmpCodec.Parse(clean.Data[prefix..], prefix).Value ?? BmpSet.Empty;
        if (apdu.Code == PartialReversal && fields.Find(Bmp.ReceiptNumber) is { Value: { Length: 2 } receipt } && receipt.Span is [0xFF, 0xFF])
        {
            return new TillCommand(clean, TillCommandNature.ReadOnly, null, null, IsRedacted: false);
        }

        if (!HasDigits(fields, Bmp.Amount, ref error) || !HasDigits(fields, Bmp.Currency, ref error))
        {
            return null;
        }

        var payment = new PaymentRequest(
            row.Kind,
            fields.Number(Bmp.Amount),
            fields.Number(Bmp.Currency) is { } number ? IsoCurrency.Find((int)number)?.Alpha ?? defaultCurrency : defaultCurrency,
            (uint)(fields.Number(Bmp.ReceiptNumber) ?? 0));
        var goods = fields.Byte(Bmp.Timeout) is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        return new TillCommand(clean, row.Nature, payment, goods, !ReferenceEquals(clean, apdu), fields.Byte(Bmp.PaymentType));
    }

    // An amount that is no number must not reach the terminal: what it makes of it could not be checked against anything.
    private static bool HasDigits(BmpSet fields, byte tag, ref ZvtError? error)
    {
        if (fields.Find(tag) is { } field && !Bcd.TryRead(field.Value.Span, out _))
        {
            error = new ZvtError(ZvtFault.BadDigits, field.Offset, field.Label, "holds a nibble that is no digit");
        }

        return error is null;
    }
}
