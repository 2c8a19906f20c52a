namespace Fleet.Zvt;

/// <summary>06 01: a sale.</summary>
public sealed record Authorisation : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0601;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 01.</summary>
    public static ZvtParse<Authorisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Authorisation { Fields = r.Bmps() });
}

/// <summary>06 03: asks for the balance of a card.</summary>
public sealed record AccountBalance : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0603;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 03.</summary>
    public static ZvtParse<AccountBalance> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new AccountBalance { Fields = r.Bmps() });
}

/// <summary>06 04: activates a card.</summary>
public sealed record ActivateCard : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0604;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 04.</summary>
    public static ZvtParse<ActivateCard> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ActivateCard { Fields = r.Bmps() });
}

/// <summary>06 05: a sale on account of the merchant.</summary>
public sealed record Procurement : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0605;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 05.</summary>
    public static ZvtParse<Procurement> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Procurement { Fields = r.Bmps() });
}

/// <summary>06 0A: tax free.</summary>
public sealed record TaxFree : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x060A;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 0A.</summary>
    public static ZvtParse<TaxFree> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new TaxFree { Fields = r.Bmps() });
}

/// <summary>06 0C: adds a tip to the payment with this receipt number.</summary>
public sealed record BookTip : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x060C;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    private protected override BmpOrder Order => BmpOrder.Tip;

    /// <summary>Reads 06 0C.</summary>
    public static ZvtParse<BookTip> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new BookTip { Fields = r.Bmps() });
}

/// <summary>06 E6: a sale that ends when no card is presented.</summary>
public sealed record CardPollWithAuthorisation : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E6;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E6.</summary>
    public static ZvtParse<CardPollWithAuthorisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new CardPollWithAuthorisation { Fields = r.Bmps() });
}
