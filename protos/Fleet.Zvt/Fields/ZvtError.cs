namespace Fleet.Zvt;

/// <summary>Kinds of bad content.</summary>
public enum ZvtFault
{
    /// <summary>The data ends inside a field.</summary>
    Truncated,

    /// <summary>An LLVAR or LLLVAR counter that is not Fx.</summary>
    BadCounter,

    /// <summary>Digits that are none.</summary>
    BadDigits,

    /// <summary>A BMP that is not in the table: what follows cannot be told apart.</summary>
    UnknownBmp,

    /// <summary>A TLV object with a broken tag or length.</summary>
    BadTlv,

    /// <summary>The APDU is another command.</summary>
    WrongCommand,

    /// <summary>Bytes behind the end of the message.</summary>
    Excess,
}

/// <summary>Why an APDU cannot be read.</summary>
/// <param name="Fault">Kind.</param>
/// <param name="Offset">Offset of the field in the APDU's data block, from 0.</param>
/// <param name="Field">Name of the field, with its tag where it has one.</param>
/// <param name="Detail">What is wrong, free of content.</param>
public sealed record ZvtError(ZvtFault Fault, int Offset, string Field, string Detail)
{
    /// <summary>The code of the negative answer to such a command: 83 for an unknown BMP, 9A otherwise (section 4).</summary>
    public byte AnswerCode => Fault == ZvtFault.UnknownBmp ? (byte)0x83 : (byte)0x9A;

    /// <inheritdoc/>
    public override string ToString() => $"{Field} at byte {Offset}: {Detail}";
}
