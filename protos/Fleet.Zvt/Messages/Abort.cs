using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 1E: the command failed and the master right goes back: <c>rc [CC if rc is 6F] [BMPs]</c> (reference section 10.3).</summary>
public sealed record Abort : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x061E;

    private const byte WrongCurrency = 0x6F;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Result code (section 13.1).</summary>
    public required byte ResultCode { get; init; }

    /// <summary>Currency of the terminal after 6F, ISO 4217 numeric.</summary>
    public int? Currency { get; init; }

    /// <summary>Receipt number in the list of open pre-authorisations (rc B8); null for FFFF, which means none.</summary>
    public int? ReceiptNumber
    {
        get => (int?)Fields.Number(Bmp.ReceiptNumber);
        init => Fields = PutDigits(Bmp.ReceiptNumber, value);
    }

    /// <summary>Receipt numbers of the open pre-authorisations that an answer to 06 23 FFFF names, one or a list in TLV 23.</summary>
    public IReadOnlyList<int> OpenPreAuthorisations =>
        Tlv?.Find(TlvTags.OpenPreAuthorisations)?.Children is { } list
            ? [.. list.Nodes.Where(static n => n.Tag == TlvTags.ReceiptNumber).Select(static n => Bcd.TryRead(n.Value.Span, out var v) ? (int)v : 0).Where(static n => n > 0)]
            : ReceiptNumber is { } one ? [one] : [];

    /// <summary>Text of the manufacturer (TLV 1F17).</summary>
    public string? VendorText => Tlv?.Text(TlvTags.VendorErrorText);

    private protected override BmpOrder Order => BmpOrder.Status;

    /// <summary>Reads 06 1E.</summary>
    public static ZvtParse<Abort> Parse(Apdu apdu) => BlockReader.Read(apdu, MessageCode, static r =>
    {
        var code = r.Byte("result code");
        return new Abort { ResultCode = code, Currency = CurrencyFollows(r, code) ? r.Digits(2, "currency") : null, Fields = r.Bmps() };
    });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write([ResultCode]);
        if (Currency is { } currency)
        {
            output.Write(Bcd.Write(currency, 2));
        }
    }

    // Some terminals send the currency tagged: then 49 stands where the untagged one would begin, and 49xx is no currency that ends here.
    private static bool CurrencyFollows(BlockReader reader, byte code) =>
        code == WrongCurrency && reader.Remaining >= 2 && reader.Peek != Bmp.Currency && !(reader.Peek == Bmp.Tlv && reader.Remaining > 4);
}
