using System.Buffers;

namespace Fleet.Zvt;

/// <summary>A response whose data are BMPs, such as a partial issue or an echoed message id.</summary>
/// <param name="Response">Class and code of the response.</param>
/// <param name="Fields">Its BMPs.</param>
public sealed record ResponseFields(Apdu Response, BmpSet Fields)
{
    /// <summary>84 9D 04: only this amount was issued (section 9.2).</summary>
    /// <param name="amount">Minor units.</param>
    public static Apdu PartialIssue(long amount) =>
        new ResponseFields(Apdu.Negative(0x9D), BmpSet.Empty.With(Bmp.Amount, Bcd.Write(amount, 6), BmpOrder.Command)).ToApdu();

    /// <summary>The response with these fields.</summary>
    public Apdu ToApdu()
    {
        var data = new ArrayBufferWriter<byte>();
        BmpCodec.Write(Fields, data);
        return Apdu.Of(Response.Code, data.WrittenMemory);
    }
}
