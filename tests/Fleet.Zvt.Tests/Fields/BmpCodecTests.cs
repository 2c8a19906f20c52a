using System.Buffers;

namespace Fleet.Zvt.Tests.Fields;

public sealed class BmpCodecTests
{
    [TestCase("04 00 00", ZvtFault.Truncated, 2, "amount (BMP 04)")]
    [TestCase("49 09 78 22 F0", ZvtFault.Truncated, 5, "card number (BMP 22)")]
    [TestCase("22 F1 02 00", ZvtFault.BadCounter, 2, "card number (BMP 22)")]
    [TestCase("22 F1 FA 00", ZvtFault.BadCounter, 2, "card number (BMP 22)")]
    [TestCase("3C F0 F0 F9 41", ZvtFault.Truncated, 2, "additional text (BMP 3C)")]
    [TestCase("06 80", ZvtFault.BadTlv, 2, "TLV container (BMP 06)")]
    [TestCase("06 83 00 00 00", ZvtFault.BadTlv, 2, "TLV container (BMP 06)")]
    [TestCase("06 82 01", ZvtFault.Truncated, 2, "TLV container (BMP 06)")]
    [TestCase("06", ZvtFault.Truncated, 2, "TLV container (BMP 06)")]
    public void Broken_field_is_named_with_its_offset(string hex, ZvtFault fault, int offset, string field)
    {
        var error = BmpCodec.Parse(Bytes(hex), 2).Error;
        Assert.That(error, Is.Not.Null);
        Assert.That((error!.Fault, error.Field), Is.EqualTo((fault, field)));
        Assert.That(error.Offset, Is.EqualTo(offset == 2 ? 2 : offset));
        Assert.That(error.ToString(), Does.Contain(field).And.Contain($"byte {offset}"));
    }

    [Test]
    public void Unknown_tag_keeps_the_rest_and_what_was_before()
    {
        var set = BmpCodec.Parse(Bytes("49 09 78 4F 01 02 03"), 0).Require();
        Assert.That(set.Number(Bmp.Currency), Is.EqualTo(978));
        Assert.That(set.Rest.ToArray(), Is.EqualTo(Bytes("4F 01 02 03")));
        Assert.That((set.Unknown!.Fault, set.Unknown.Offset, set.Unknown.AnswerCode), Is.EqualTo((ZvtFault.UnknownBmp, 3, (byte)0x83)));
        Assert.That(Written(set), Is.EqualTo(Bytes("49 09 78 4F 01 02 03")));
    }

    [Test]
    public void Every_row_of_the_table_is_skipped_by_its_length()
    {
        foreach (var row in BmpTable.All)
        {
            var value = new byte[row.Format == BmpFormat.Fixed ? row.Length : 7];
            var set = BmpSet.Empty.With(row.Tag, value, BmpOrder.Status).With(Bmp.DisplayDevice, [1], BmpOrder.Status);
            Assert.That(BmpCodec.Parse(Written(set), 0).Require(), Is.EqualTo(set), row.Label);
        }
    }

    [Test]
    public void Table_has_all_fields_of_the_specification()
    {
        byte[] fixedOrCounted =
        [
            0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0B, 0x0C, 0x0D, 0x0E, 0x17, 0x19, 0x22, 0x23, 0x24, 0x27, 0x29, 0x2A, 0x2D, 0x2E, 0x37, 0x3A, 0x3B, 0x3C, 0x3D,
            0x49, 0x4C, 0x60, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x87, 0x88, 0x8A, 0x8B, 0x8C, 0x92, 0x9A, 0xA0, 0xA7, 0xAA, 0xAF, 0xBA, 0xD0, 0xD1, 0xD2, 0xD3,
            0xE0, 0xE1, 0xE8, 0xE9, 0xEA, 0xEB, 0xF0, 0xF1, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD,
        ];
        Assert.That(fixedOrCounted.Where(static tag => BmpTable.Find(tag) is null), Is.Empty);
        Assert.That(BmpTable.All.Count(), Is.EqualTo(fixedOrCounted.Length + 12), "text lines 2 to 7 of both kinds");
        Assert.That(
            BmpTable.All.Where(static r => r.Sensitivity == Sensitivity.Secret).Select(static r => r.Tag),
            Is.SupersetOf(new byte[] { 0x23, 0x24, 0x2D, 0x3A, 0x3D, 0xD1, 0x9A, 0xA7, 0xAF, 0x2E }));
    }

    [Test]
    public void Value_that_does_not_fit_is_refused()
    {
        Assert.That(() => Written(BmpSet.Empty.With(Bmp.Amount, [1], BmpOrder.Command)), Throws.ArgumentException.With.Message.Contains("amount"));
        Assert.That(() => Written(BmpSet.Empty.With(Bmp.CardName, new byte[100], BmpOrder.Command)), Throws.ArgumentException);
        Assert.That(() => Written(BmpSet.Empty.With(Bmp.AdditionalText, new byte[1000], BmpOrder.Command)), Throws.ArgumentException);
    }

    [TestCase(0, "06 00")]
    [TestCase(127, "06 7F")]
    [TestCase(128, "06 81 80")]
    [TestCase(256, "06 82 01 00")]
    public void Container_length_takes_as_many_bytes_as_it_needs(int length, string header)
    {
        var set = BmpSet.Empty.With(Bmp.Tlv, new byte[length], BmpOrder.Command);
        Assert.That(Written(set)[..Bytes(header).Length], Is.EqualTo(Bytes(header)));
        Assert.That(BmpCodec.Parse(Written(set), 0).Require(), Is.EqualTo(set));
    }

    [Test]
    public void New_fields_are_put_in_the_order_of_the_specification()
    {
        var sale = new Authorisation { PaymentType = 0x40, Currency = 978, Tlv = TlvContainer.Empty, Amount = 1234 };
        Assert.That(sale.Fields.ToString(), Is.EqualTo("04 49 19 06"));
        var status = new StatusInformation { CardName = "Visa", ReceiptNumber = 1, ResultCode = 0, TraceNumber = 2, Amount = 3 };
        Assert.That(status.Fields.ToString(), Is.EqualTo("27 04 0B 87 8B"));
        Assert.That((status with { Amount = null }).Fields.ToString(), Is.EqualTo("27 0B 87 8B"));
        Assert.That((status with { Amount = 9 }).Fields.ToString(), Is.EqualTo("27 04 0B 87 8B"));
    }

    private static byte[] Written(BmpSet set)
    {
        var output = new ArrayBufferWriter<byte>();
        BmpCodec.Write(set, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
