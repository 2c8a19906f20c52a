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

    [TestCase(ZvtCharset.Utf8, "请插卡")]
    [TestCase(ZvtCharset.Latin1, "àéî")]
    public void Agreed_sets_round_trip(ZvtCharset charset, string text) => Assert.That(ZvtText.Decode(ZvtText.Encode(text, charset), charset), Is.EqualTo(text));
}
