using Fleet.Agent.Capture;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Capture;

[TestFixture]
internal sealed class StatusReaderTests
{
    private static readonly DateOnly Today = new(2026, 3, 14);

    [Test]
    public void Approval_of_the_reference_is_read_field_by_field()
    {
        var status = StatusReader.ReadPayment(
            Fields(
                "04 0F 5D 27 00 04 00 00 00 00 12 34 0B 00 00 41 0C 12 34 56 0D 03 14 0E 28 12 17 00 01 19 70 22 F0 F8 67 12 34 56 EE EE 12 30 29 29 00 12 34 "
                + "2A 31 32 33 34 35 36 37 38 39 20 20 20 20 20 20 3B 31 32 33 34 35 36 00 00 49 09 78 87 00 07 88 00 00 07 8A 05 8B F0 F9 67 69 72 6F 63 61 72 64 00"),
            Today);

        Assert.That(status, Is.EqualTo(new CapturedStatus
        {
            ResultCode = 0,
            AmountMinor = 1234,
            Currency = "EUR",
            TraceNumber = 41,
            ReceiptNumber = 7,
            TurnoverNumber = 7,
            Tid = "29001234",
            CardType = 5,
            CardName = "girocard",
            MaskedPan = "671234******1230",
            ApprovalCode = "123456",
            LocalTime = "2026-03-14T12:34:56",
        }));
    }

    [Test]
    public void Card_number_in_the_clear_is_reduced_to_first_six_and_last_four()
    {
        var status = StatusReader.ReadPayment(BmpSet.Empty.With(Bmp.CardNumber, Convert.FromHexString("1234567812345678"), BmpOrder.Status), Today);
        Assert.That(status.MaskedPan, Is.EqualTo("123456******5678"));
    }

    [Test]
    public void Text_with_many_digits_is_not_kept()
    {
        var status = StatusReader.ReadPayment(BmpSet.Empty.With(Bmp.CardName, "VISA 1234567812345678"u8.ToArray(), BmpOrder.Status), Today);
        Assert.That(status.CardName, Is.Empty);
    }

    [Test]
    public void Date_of_last_year_is_read_as_such_on_new_years_day()
    {
        var status = StatusReader.ReadPayment(
            BmpSet.Empty.With(Bmp.Time, [0x23, 0x59, 0x58], BmpOrder.Status).With(Bmp.Date, [0x12, 0x31], BmpOrder.Status), new DateOnly(2027, 1, 1));
        Assert.That(status.LocalTime, Is.EqualTo("2026-12-31T23:59:58"));
    }

    [TestCase("0C 99 00 00 0D 03 14")]
    [TestCase("0C 12 00 00 0D 13 40")]
    [TestCase("0C 12 00 00")]
    public void Time_that_is_none_is_left_out(string fields) =>
        Assert.That(StatusReader.ReadPayment(BmpCodec.Parse(Bytes(fields), 0).Value!, Today).LocalTime, Is.Empty);

    [Test]
    public void Totals_of_the_reference_are_read_group_by_group()
    {
        var totals = StatusReader.ReadTotals(Fields(
            "04 0F 50 27 00 04 00 00 00 00 90 66 60 F0 F5 F3 00 07 00 12 03 00 00 00 00 45 67 00 00 00 00 00 00 00 01 00 00 00 00 19 99 00 00 00 00 00 00 00 "
            + "02 00 00 00 00 25 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0B 00 00 47 0C 22 00 00 0D 03 14 49 09 78"));

        Assert.Multiple(() =>
        {
            Assert.That(totals.Count, Is.EqualTo(6));
            Assert.That(totals.SumMinor, Is.EqualTo(9066));
            Assert.That(totals.Currency, Is.EqualTo("EUR"));
            Assert.That((totals.ReceiptFrom, totals.ReceiptTo, totals.TraceNumber), Is.EqualTo((7u, 12u, 47u)));
            Assert.That(totals.Brands, Is.EqualTo(new[]
            {
                new CapturedBrand("girocard", 3, 4567), new CapturedBrand("Mastercard", 1, 1999), new CapturedBrand("Visa", 2, 2500),
            }));
        });
    }

    [Test]
    public void Totals_of_another_length_have_no_count()
    {
        var totals = StatusReader.ReadTotals(BmpSet.Empty.With(Bmp.Totals, new byte[10], BmpOrder.Status));
        Assert.That(totals.Count, Is.Null);
    }

    private static BmpSet Fields(string apdu) => BmpCodec.Parse(Apdu.FromHex(apdu).Data, 0).Value!;

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
