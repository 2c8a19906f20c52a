using Fleet.Testing;

namespace Fleet.Zvt.Tests.Printing;

/// <summary>Secrets are written as a run of digits that may appear nowhere afterwards.</summary>
public sealed class CardDataTests
{
    private const string Secret = "98 76 54 32";
    private const string SecretText = "98765432";

    [TestCase("06 01 09 23 F0 F4 " + Secret + " 03 01")]
    [TestCase("06 01 0A 24 F0 F0 F4 " + Secret + " 03 01")]
    [TestCase("06 01 09 2D F0 F4 " + Secret + " 03 01")]
    [TestCase("04 0F 09 A7 F0 F4 " + Secret + " 27 00")]
    [TestCase("04 0F 0A AF F0 F0 F4 " + Secret + " 27 00")]
    [TestCase("04 0F 0A 2E F0 F0 F4 " + Secret + " 27 00")]
    [TestCase("04 0F 0A 9A F0 F0 F4 " + Secret + " 27 00")]
    [TestCase("06 E3 07 D1 F0 F4 " + Secret)]
    [TestCase("04 0F 09 06 07 1F 08 04 " + Secret)]
    [TestCase("04 0F 0B 06 09 2F 07 1F 09 04 " + Secret)]
    [TestCase("04 0F 09 06 07 DF 01 04 " + Secret)]
    [TestCase("04 0F 0A 06 08 E9 06 DF 01 03 98 76 54")]
    [TestCase("06 C6 09 06 07 1F 46 04 " + Secret)]
    [TestCase("0F 10 04 " + Secret)]
    [TestCase("06 01 05 4F " + Secret)]
    [TestCase("06 50 03 98 76 54")]
    [TestCase("06 30 06 98 76 54 87 00 07")]
    [TestCase("06 00 06 98 76 54 BE 09 78")]
    [TestCase("05 01 05 98 76 54 03 02")]
    [TestCase("06 95 06 98 76 54 98 76 54")]
    [TestCase("06 09 0B 00 00 00 3D 98 76 54 03 00 03 00")]
    public void Secret_is_neither_printed_nor_kept(string hex)
    {
        var apdu = Apdu.FromHex(hex);
        var kept = CardData.Redact(apdu);
        Assert.That(ZvtPrinter.Print(apdu).Replace(" ", string.Empty, StringComparison.Ordinal), Does.Not.Contain(SecretText[..6]));
        Assert.That(kept is null ? string.Empty : Convert.ToHexString(kept.ToArray()), Does.Not.Contain(SecretText[..6]));
    }

    [Test]
    public void Unmasked_card_number_is_masked()
    {
        var number = MadeUpCard.Number("411111", "1111");
        var kept = CardData.Redact(Apdu.FromHex($"04 0F 0D 22 F0 F8 {number} 27 00"))!;
        Assert.That(Convert.ToHexString(kept.ToArray()), Is.EqualTo("040F0D22F0F8411111EEEEEE11112700"));
        Assert.That(ZvtPrinter.Print(Apdu.FromHex($"04 0F 0B 22 F0 F8 {number}")), Does.Contain("411111******1111"));
    }

    [Test]
    public void Card_number_in_a_printed_line_is_masked()
    {
        var line = new PrintLine { Text = MadeUpCard.Number("411111", "1111") }.ToApdu();
        Assert.That(ZvtPrinter.Print(line), Does.Contain("411111******1111"));
        Assert.That(PrintLine.Parse(CardData.Redact(line)!).Require().Text, Is.EqualTo("411111******1111"));
        var block = PrintBlock.Of(ReceiptType.Merchant, (default, MadeUpCard.InGroups(MadeUpCard.Number("411111", "1111")))).ToApdu();
        Assert.That(ZvtPrinter.Print(block), Does.Contain("4111 11** **** 1111"));
    }

    [TestCase(0x06E2)]
    [TestCase(0x06E3)]
    [TestCase(0x06E7)]
    public void Answer_to_a_number_input_is_secret_even_where_it_reads_as_fields(int command)
    {
        var answer = Apdu.FromHex("80 00 03 0C 12 34 56".Replace("03", "04", StringComparison.Ordinal));
        var context = new DialogueContext(command);
        Assert.That(CardData.Redact(answer, context), Is.Null);
        Assert.That(ZvtPrinter.Print(answer, context), Is.EqualTo("80 00 positive: not shown 4 bytes"));
    }

    [Test]
    public void Harmless_message_is_kept_as_it_is()
    {
        var status = Apdu.FromHex("04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07");
        Assert.That(CardData.Redact(status), Is.EqualTo(status));
        Assert.That(CardData.Redact(Apdu.Positive), Is.EqualTo(Apdu.Positive));
    }

    [Test]
    public void Card_fields_of_a_till_are_named()
    {
        var sale = Apdu.FromHex("06 01 10 04 00 00 00 00 12 34 23 F0 F1 11 3A 01 23 49 09 78".Replace("01 10", "01 11", StringComparison.Ordinal));
        Assert.That(CardData.ForbiddenFromTill(sale), Is.EqualTo(new[] { "track 2 (BMP 23)", "card verification value (BMP 3A)" }));
        Assert.That(CardData.ForbiddenFromTill(Apdu.FromHex("06 01 00")), Is.Empty);
    }
}
