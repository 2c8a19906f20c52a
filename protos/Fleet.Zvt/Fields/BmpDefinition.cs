namespace Fleet.Zvt;

/// <summary>How the length of a BMP is told.</summary>
public enum BmpFormat
{
    /// <summary>Always the same number of bytes.</summary>
    Fixed,

    /// <summary>Two counter bytes Fx Fy.</summary>
    Ll,

    /// <summary>Three counter bytes Fx Fy Fz.</summary>
    Lll,

    /// <summary>A TLV length (BMP 06).</summary>
    Tlv,
}

/// <summary>What the bytes of a BMP are.</summary>
public enum BmpContent
{
    /// <summary>Packed decimal digits.</summary>
    Digits,

    /// <summary>A binary number or bits.</summary>
    Binary,

    /// <summary>Text in the negotiated character set.</summary>
    Text,

    /// <summary>Card number digits, masked with E.</summary>
    CardNumber,

    /// <summary>TLV objects.</summary>
    Tlv,

    /// <summary>End-of-day totals (section 12.2).</summary>
    Totals,
}

/// <summary>How a field may be shown (reference section 17).</summary>
public enum Sensitivity
{
    /// <summary>May be shown.</summary>
    Open,

    /// <summary>A card number: first six and last four digits at most.</summary>
    CardNumber,

    /// <summary>Never stored, logged or sent on: only its length.</summary>
    Secret,
}

/// <summary>One row of the BMP table.</summary>
/// <param name="Tag">Tag byte.</param>
/// <param name="Format">How the length is told.</param>
/// <param name="Length">Bytes of a fixed field, otherwise 0.</param>
/// <param name="Content">What the bytes are.</param>
/// <param name="Name">English name.</param>
/// <param name="Sensitivity">How it may be shown.</param>
public sealed record BmpDefinition(
    byte Tag, BmpFormat Format, int Length, BmpContent Content, string Name, Sensitivity Sensitivity = Sensitivity.Open)
{
    /// <summary>Name with tag, for messages to people.</summary>
    public string Label => $"{Name} (BMP {Tag:X2})";
}
