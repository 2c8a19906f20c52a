namespace Fleet.Zvt.Tests.Messages;

/// <summary>The byte examples, field by field, read and written.</summary>
public sealed class ExampleMessageTests
{
    private const string Sale = "04 0F 5D 27 00 04 00 00 00 00 12 34 0B 00 00 41 0C 12 34 56 0D 03 14 0E 28 12 17 00 01 19 70 22 F0 F8 67 12 34 56 EE EE 12 30 29 29 00 12 34 "
        + "2A 31 32 33 34 35 36 37 38 39 20 20 20 20 20 20 3B 31 32 33 34 35 36 00 00 49 09 78 87 00 07 88 00 00 07 8A 05 8B F0 F9 67 69 72 6F 63 61 72 64 00";

    private const string Totals = "04 0F 50 27 00 04 00 00 00 00 90 66 60 F0 F5 F3 00 07 00 12 03 00 00 00 00 45 67 00 00 00 00 00 00 00 01 00 00 00 00 19 99 00 00 00 00 00 00 00 02 "
        + "00 00 00 00 25 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0B 00 00 47 0C 22 00 00 0D 03 14 49 09 78";

    [Test]
    public void Status_of_a_sale()
    {
        var status = new StatusInformation
        {
            ResultCode = 0,
            Amount = 1234,
            TraceNumber = 41,
            Time = new TimeOnly(12, 34, 56),
            Date = new ZvtDate(3, 14),
            Expiry = 2812,
            CardSequence = 1,
            PaymentType = 0x70,
            TerminalId = 29001234,
            VuNumber = "123456789",
            ApprovalCode = "123456",
            Currency = 978,
            ReceiptNumber = 7,
            TurnoverNumber = 7,
            CardType = 5,
            CardName = "girocard",
        };
        var read = StatusInformation.Parse(Apdu.FromHex(Sale)).Require();
        Assert.That(read with { Fields = read.Fields.Without(static f => f.Tag == Bmp.CardNumber) }, Is.EqualTo(status));
        Assert.That(read.MaskedCardNumber, Is.EqualTo("671234******1230"));
        Assert.That(read.IsApproved, Is.True);
        Assert.That((read.VuNumber, read.ApprovalCode, read.CardName, read.CardType), Is.EqualTo(("123456789", "123456", "girocard", (int?)5)));
        Assert.That((read.Time, read.Date), Is.EqualTo((new TimeOnly(12, 34, 56), new ZvtDate(3, 14))));
    }

    [Test]
    public void Totals_of_an_end_of_day()
    {
        var read = StatusInformation.Parse(Apdu.FromHex(Totals)).Require();
        var totals = new BatchTotals
        {
            FirstReceipt = 7,
            LastReceipt = 12,
            Girocard = new GroupTotal(3, 4567),
            Mastercard = new GroupTotal(1, 1999),
            Visa = new GroupTotal(2, 2500),
        };
        Assert.That(read.Totals, Is.EqualTo(totals));
        Assert.That((read.Totals!.Count, read.Totals.Amount, read.Amount), Is.EqualTo((6, 9066L, (long?)9066)));
        var written = new StatusInformation
        {
            ResultCode = 0,
            Amount = 9066,
            Totals = totals,
            TraceNumber = 47,
            Time = new TimeOnly(22, 0),
            Date = new ZvtDate(3, 14),
            Currency = 978,
        };
        Assert.That(written.ToApdu(), Is.EqualTo(Apdu.FromHex(Totals)));
    }

    [Test]
    public void Totals_that_cannot_be_told_are_refused()
    {
        Assert.That(() => new BatchTotals { Visa = new GroupTotal(256, 0) }.ToArray(), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new BatchTotals { Visa = new GroupTotal(1, -1) }.ToArray(), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(BatchTotals.Parse(new byte[52]), Is.Null);
    }

    private static IEnumerable<TestCaseData> Written()
    {
        yield return Case("06 00 08 00 00 00 BE 09 78 03 01", new Registration { ServiceByte = 1 });
        yield return Case("06 00 04 12 34 56 DE", new Registration { Password = ZvtPassword.Parse("123456"), Config = (ConfigByte)0xDE, Currency = null });
        yield return Case("06 01 0C 04 00 00 00 00 12 34 49 09 78 19 40", new Authorisation { Amount = 1234, Currency = 978, PaymentType = 0x40 });
        yield return Case(
            "06 01 10 04 00 00 00 00 12 34 49 09 78 19 40 01 1E 02 05",
            new Authorisation { Amount = 1234, Currency = 978, PaymentType = 0x40, GoodsTimeout = 30, MaxStatusRepeats = 5 });
        yield return Case("06 30 06 00 00 00 87 00 07", new Reversal { ReceiptNumber = 7 });
        yield return Case("06 31 0D 00 00 00 04 00 00 00 00 03 00 49 09 78", new Refund { Amount = 300, Currency = 978 });
        yield return Case("06 50 03 00 00 00", new EndOfDay());
        yield return Case("06 23 03 87 FF FF", PartialReversal.ListOpen);
        yield return Case("05 01 05 00 00 00 03 02", new StatusEnquiry { Password = ZvtPassword.Zero, ServiceByte = 2 });
        yield return Case("05 01 00", new StatusEnquiry());
        yield return Case("05 01 05 00 00 00 03 06", new StatusEnquiry { Password = ZvtPassword.Zero, ServiceByte = 6 });
        yield return Case("06 70 05 06 03 1B 01 01", new Diagnosis { Type = 1 });
        yield return Case("06 20 05 00 00 00 03 03", new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly });
        yield return Case("06 91 0B 00 00 00 AA 26 03 14 0C 12 34 56", new SetDateTime { Clock = new DateTime(2026, 3, 14, 12, 34, 56, DateTimeKind.Unspecified) });
        yield return Case("04 01 08 AA 26 03 14 0C 12 34 56", new SetEcrDateTime { Clock = new DateTime(2026, 3, 14, 12, 34, 56, DateTimeKind.Unspecified) });
        yield return Case("06 1B 08 00 00 00 29 29 00 12 34", new SetTerminalId { TerminalId = 29001234 });
        yield return Case("06 1B 03 00 00 00", new SetTerminalId());
        yield return Case("06 18 00", new ResetTerminal());
        yield return Case("06 02 00", new LogOff());
        yield return Case("06 B0 00", new AbortRequest());
        yield return Case("06 0F 0A 19 00 29 29 00 12 34 49 09 78", new Completion { Status = RegistrationStatus.None, TerminalId = 29001234, Currency = 978 });
        yield return Case("06 0F 02 27 E0", new Completion { ResultCode = 0xE0 });
        yield return Case("06 1E 01 6C", new Abort { ResultCode = 0x6C });
        yield return Case("06 1E 04 B8 87 00 07", new Abort { ResultCode = 0xB8, ReceiptNumber = 7 });
        yield return Case("06 1E 03 6F 09 78", new Abort { ResultCode = 0x6F, Currency = 978 });
        yield return Case("04 FF 01 0A", new IntermediateStatus { Status = 0x0A });
        yield return Case(
            "04 FF 12 0A 02 06 0E 24 0C 07 0A 49 4E 53 45 52 54 43 41 52 44", new IntermediateStatus { Status = 0x0A, T4Minutes = 2, Texts = ["INSERTCARD"] });
        yield return Case("06 D1 0C 40 4B 75 6E 64 65 6E 62 65 6C 65 67", new PrintLine { Attribute = PrintAttribute.Centred, Text = "Kundenbeleg" });
        yield return Case("06 D1 01 81", new PrintLine { Attribute = PrintAttribute.EndOfReceipt });
        yield return Case(
            "06 D3 31 06 2F 1F 07 01 02 25 29 09 01 40 07 0B 4B 75 6E 64 65 6E 62 65 6C 65 67 09 01 00 07 0F 45 55 52 20 20 20 20 20 20 20 31 32 2C 33 34 07 00 09 01 81",
            PrintBlock.Of(ReceiptType.Customer, (PrintAttribute.Centred, "Kundenbeleg"), (default, "EUR       12,34"), (default, string.Empty)));
        yield return Case("06 12 07 00 00 00 00 07 00 09", new ReprintReceipts { From = 7, To = 9 });
        yield return Case("06 12 05 00 00 00 00 07", new ReprintReceipts { From = 7 });
        yield return Case("06 95 06 12 34 56 65 43 21", new ChangePassword { Old = ZvtPassword.Parse("123456"), New = ZvtPassword.Parse("654321") });
        yield return Case("06 C0 01 05", new ReadCard { Seconds = 5 });
        yield return Case("06 09 0A 00 17 01 04 00 00 00 00 10 00", new PrepaidTopUp { CardId = 17, Mode = 1, Amount = 1000 });
        yield return Case("06 0C 0A 04 00 00 00 00 01 50 87 00 07", new BookTip { Amount = 150, ReceiptNumber = 7 });
        yield return Case("06 E0 0B F0 1E F1 F0 F2 48 49 F2 F0 F1 41", new DisplayText { Seconds = 30, Lines = ["HI", "A"] });
        yield return Case("08 40 01 07", new ChangeBaudRate { Rate = 7 });
        yield return Case("06 0F 01 00", new StatusCompletion { Status = 0 });
    }

    [TestCaseSource(nameof(Written))]
    public void Typed_message_writes_the_bytes_of_the_specification(string hex, ZvtMessage message) => Assert.That(message.ToApdu(), Is.EqualTo(Apdu.FromHex(hex)));

    [TestCaseSource(nameof(Written))]
    public void Bytes_of_the_specification_read_as_the_typed_message(string hex, ZvtMessage message)
    {
        var context = message is StatusCompletion ? new DialogueContext(StatusEnquiry.MessageCode) : default;
        Assert.That(ZvtMessages.Parse(Apdu.FromHex(hex), context).Require(), Is.EqualTo(message));
    }

    [Test]
    public void Status_with_details_tells_locks_and_device()
    {
        var read = StatusCompletion.Parse(
            Apdu.FromHex("06 0F 2E DF 06 2B 1F 44 04 29 00 12 34 1F 55 02 08 08 E4 1D 1F 40 07 50 4F 53 2D 53 49 4D 1F 41 05 31 2E 30 2E 30 1F 42 04 00 12 34 56 1F 43 01 00"),
            versionExpected: false).Require();
        Assert.That((read.Status, read.Locks), Is.EqualTo(((byte)0xDF, TerminalLocks.OutOfOrder | TerminalLocks.ActivationNeeded)));
        Assert.That((read.TerminalId, read.DeviceName, read.SerialNumber), Is.EqualTo(((int?)29001234, "POS-SIM", "00123456")));
    }

    [TestCase("06 0F 0D F0 F0 F9 53 49 4D 20 31 2E 30 2E 30 00", true, "SIM 1.0.0", 0x00)]
    [TestCase("06 0F 01 F0", true, null, 0xF0)]
    [TestCase("06 0F 01 F0", false, null, 0xF0)]
    [TestCase("06 0F 01 F6", false, null, 0xF6)]
    [TestCase("06 0F 03 F0 06 00", false, null, 0xF0)]
    [TestCase("06 0F 03 00 06 00", true, null, 0x00)]
    public void Question_decides_whether_a_version_comes_first(string hex, bool versionExpected, string? version, int status)
    {
        var read = StatusCompletion.Parse(Apdu.FromHex(hex), versionExpected).Require();
        Assert.That((read.SoftwareVersion, (int)read.Status), Is.EqualTo((version, status)));
        Assert.That(read.ToApdu(), Is.EqualTo(Apdu.FromHex(hex)));
    }

    [TestCase("06 1E 03 6F 09 78", 978)]
    [TestCase("06 1E 04 6F 49 09 78", null)]
    [TestCase("06 1E 08 6F 06 05 1F 16 02 00 01", null)]
    public void Abort_with_a_wrong_currency_is_read_in_both_forms(string hex, int? currency)
    {
        var abort = Abort.Parse(Apdu.FromHex(hex)).Require();
        Assert.That((abort.ResultCode, abort.Currency), Is.EqualTo(((byte)0x6F, currency)));
        Assert.That(abort.ToApdu(), Is.EqualTo(Apdu.FromHex(hex)));
    }

    [TestCase("06 1E 04 B8 87 FF FF", new int[0])]
    [TestCase("06 1E 04 B8 87 00 07", new[] { 7 })]
    [TestCase("06 1E 0D B8 06 0A 23 08 08 02 00 07 08 02 00 09", new[] { 7, 9 })]
    public void Open_pre_authorisations_are_listed(string hex, int[] receipts) =>
        Assert.That(Abort.Parse(Apdu.FromHex(hex)).Require().OpenPreAuthorisations, Is.EqualTo(receipts));

    [TestCase("06 01 07 04 00 00 00 00 12 3A", "amount (BMP 04) at byte 0")]
    [TestCase("06 00 06 00 00 00 BE 09 7F", "currency at byte 4")]
    [TestCase("06 00 02 00 00", "password at byte 0")]
    [TestCase("06 50 02 00 00", "password at byte 0")]
    [TestCase("06 30 07 00 00 00 04 00 00 00", "amount (BMP 04) at byte 3")]
    [TestCase("04 FF 02 0A FF", "T4 in minutes at byte 1")]
    public void Bad_content_is_named_with_its_byte(string hex, string error) =>
        Assert.That(ZvtMessages.Parse(Apdu.FromHex(hex)).Error?.ToString(), Does.StartWith(error));

    [Test]
    public void Digits_that_matter_less_do_not_make_an_outcome_unreadable()
    {
        var read = StatusInformation.Parse(Apdu.FromHex("04 0F 0C 27 00 0E EE EE 0B AA AA AA 0C 99 99")).Error;
        Assert.That(read, Is.Not.Null, "the time is cut short");
        var status = StatusInformation.Parse(Apdu.FromHex("04 0F 0D 27 00 0E EE EE 0B AA AA AA 0C 99 99 99")).Require();
        Assert.That((status.Expiry, status.TraceNumber, status.Time), Is.EqualTo(((int?)null, (long?)null, (TimeOnly?)null)));
    }

    [Test]
    public void Long_trace_number_and_card_type_of_the_container_count()
    {
        var status = new StatusInformation { TraceNumber = 0, CardType = 260, Tlv = TlvContainer.Empty.With(TlvTags.LongTraceNumber, [0x12, 0x34, 0x56, 0x78]).With(0x41, [0x01, 0x04]) };
        Assert.That((status.TraceNumber, status.CardType), Is.EqualTo(((long?)12345678, (int?)260)));
    }

    [TestCase(12, 31, 2027, 1, 1, "2026-12-31")]
    [TestCase(1, 1, 2026, 12, 31, "2027-01-01")]
    [TestCase(3, 14, 2026, 3, 14, "2026-03-14")]
    [TestCase(2, 29, 2028, 3, 1, "2028-02-29")]
    public void Date_without_a_year_is_the_nearest_one(int month, int day, int year, int nowMonth, int nowDay, string expected) =>
        Assert.That(new ZvtDate(month, day).Resolve(new DateOnly(year, nowMonth, nowDay)).ToString("yyyy-MM-dd"), Is.EqualTo(expected));

    [TestCase("12345")]
    [TestCase("12345x")]
    public void Password_has_six_digits(string digits) => Assert.That(() => ZvtPassword.Parse(digits), Throws.InstanceOf<FormatException>().With.Message.Not.Contains(digits));

    [Test]
    public void Password_is_never_shown() => Assert.That(new EndOfDay { Password = ZvtPassword.Parse("123456") }.ToString(), Does.Not.Contain("123456").And.Contain("******"));

    private static TestCaseData Case(string hex, ZvtMessage message) => new TestCaseData(hex, message).SetArgDisplayNames(hex);
}
