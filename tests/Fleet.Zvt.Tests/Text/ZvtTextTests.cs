namespace Fleet.Zvt.Tests.Text;

public sealed class ZvtTextTests
{
    [Test]
    public void Every_byte_of_code_page_437_has_its_own_character()
    {
        var bytes = Enumerable.Range(0, 256).Select(static i => (byte)i).ToArray();
        var text = ZvtText.Decode(bytes);
        Assert.That(text.Distinct().Count(), Is.EqualTo(256));
        Assert.That(ZvtText.Encode(text), Is.EqualTo(bytes));
    }

    [TestCase("ÄÖÜäöüß", "8E999A849481E1")]
    [TestCase("é€", "823F")]
    public void German_letters_are_where_code_page_437_has_them(string text, string hex) =>
        Assert.That(Convert.ToHexString(ZvtText.Encode(text)), Is.EqualTo(hex));

    [Test]
    public void Seven_bit_set_replaces_brackets()
    {
        Assert.That(ZvtText.Decode("[\\]{|}~"u8, ZvtCharset.SevenBit), Is.EqualTo("ÄÖÜäöüß"));
        Assert.That(ZvtText.Encode("Größe", ZvtCharset.SevenBit), Is.EqualTo("Gr|~e"u8.ToArray()));
    }

    /// <summary>Section 6: a text in an agreed set travels in messages that hold code page 437.</summary>
    [TestCase(ZvtCharset.Utf8, "请插卡")]
    [TestCase(ZvtCharset.Latin1, "àéî")]
    [TestCase(ZvtCharset.SevenBit, "Größe")]
    [TestCase(ZvtCharset.Cp437, "Größe")]
    public void Agreed_text_is_carried_by_any_message(ZvtCharset charset, string text)
    {
        var sent = new PrintLine { Text = ZvtText.Carry(text, charset) }.ToApdu();

        Assert.That(sent.Data.Span[1..].ToArray(), Is.EqualTo(ZvtText.Encode(text, charset)));
        Assert.That(ZvtText.Reread(PrintLine.Parse(sent).Require().Text, charset), Is.EqualTo(text));
    }

    [TestCase("Größe", ZvtCharset.Cp437, true)]
    [TestCase("Größe", ZvtCharset.SevenBit, true)]
    [TestCase("[offen]", ZvtCharset.SevenBit, false)]
    [TestCase("终端", ZvtCharset.Cp437, false)]
    [TestCase("终端", ZvtCharset.Latin1, false)]
    [TestCase("终端", ZvtCharset.Utf8, true)]
    [TestCase("", ZvtCharset.Cp437, true)]
    public void Text_can_be_shown_where_every_character_arrives(string text, ZvtCharset charset, bool shown) => Assert.That(ZvtText.CanShow(text, charset), Is.EqualTo(shown));

    [TestCase("06 00 13 00 00 00 BE 09 78 03 00 06 07 27 05 14 01 0F 14 FE", ZvtCharset.Cp437)]
    [TestCase("06 00 14 00 00 00 BE 09 78 03 00 06 08 27 06 14 01 0F 14 01 FE", ZvtCharset.Utf8)]
    [TestCase("06 00 11 00 00 00 BE 09 78 03 00 06 03 14 01 01", ZvtCharset.Latin1)]
    [TestCase("06 00 08 00 00 00 BE 09 78 03 00", ZvtCharset.Cp437)]
    public void First_character_set_that_is_known_is_agreed(string registration, ZvtCharset charset)
    {
        var parsed = Registration.Parse(WithLength(registration));

        Assert.That(parsed.Value is { } offer ? PtRegistration.From(offer).Charset : ZvtCharset.Cp437, Is.EqualTo(charset));
    }

    [TestCase(0xFE, ZvtCharset.Utf8)]
    [TestCase(0xFF, ZvtCharset.Cp437)]
    [TestCase(0x01, ZvtCharset.Latin1)]
    [TestCase(0x00, ZvtCharset.SevenBit)]
    public void Number_of_a_character_set_goes_both_ways(int code, ZvtCharset charset)
    {
        Assert.That(ZvtText.FromCode((byte)code), Is.EqualTo(charset));
        Assert.That(ZvtText.CodeOf(charset), Is.EqualTo((byte)code));
        Assert.That(ZvtText.FromCode(0x0F), Is.Null);
    }

    private static Apdu WithLength(string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
        return Apdu.Of((bytes[0] << 8) | bytes[1], bytes.AsMemory(3));
    }

    [TestCase(ZvtCharset.Utf8, "请插卡")]
    [TestCase(ZvtCharset.Latin1, "àéî")]
    public void Agreed_sets_round_trip(ZvtCharset charset, string text) => Assert.That(ZvtText.Decode(ZvtText.Encode(text, charset), charset), Is.EqualTo(text));
}
