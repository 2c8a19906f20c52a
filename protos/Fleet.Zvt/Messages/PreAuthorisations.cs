namespace Fleet.Zvt;

/// <summary>06 22: reserves an amount.</summary>
public sealed record PreAuthorisation : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0622;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 22.</summary>
    public static ZvtParse<PreAuthorisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new PreAuthorisation { Fields = r.Bmps() });
}

/// <summary>06 23: gives back the unused part of a reservation; with receipt number FFFF it lists the open ones.</summary>
public sealed record PartialReversal : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0623;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Asks for the list of open reservations; the PT answers with 06 1E B8 (section 14.8).</summary>
    public static PartialReversal ListOpen => new() { Fields = BmpSet.Empty.With(Bmp.ReceiptNumber, [0xFF, 0xFF], BmpOrder.Command) };

    /// <summary>True when this is the question for open reservations.</summary>
    public bool ListsOpen => Fields.Find(Bmp.ReceiptNumber)?.Value.Span.SequenceEqual((ReadOnlySpan<byte>)[0xFF, 0xFF]) ?? false;

    /// <summary>Reads 06 23.</summary>
    public static ZvtParse<PartialReversal> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new PartialReversal { Fields = r.Bmps() });
}

/// <summary>06 24: books the used part of a reservation.</summary>
public sealed record BookTotal : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0624;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 24.</summary>
    public static ZvtParse<BookTotal> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new BookTotal { Fields = r.Bmps() });
}

/// <summary>06 25: gives a reservation back.</summary>
public sealed record ReversePreAuthorisation : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0625;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 25.</summary>
    public static ZvtParse<ReversePreAuthorisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ReversePreAuthorisation { Fields = r.Bmps() });
}

/// <summary>06 26: gives back a reservation that was made elsewhere.</summary>
public sealed record ReverseExternalReservation : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0626;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 26.</summary>
    public static ZvtParse<ReverseExternalReservation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ReverseExternalReservation { Fields = r.Bmps() });
}
