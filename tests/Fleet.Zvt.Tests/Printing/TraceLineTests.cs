using System.Text.Json;
using Fleet.Testing;

namespace Fleet.Zvt.Tests.Printing;

public sealed class TraceLineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    [TestCase(ZvtDirection.Sent, ZvtDirection.Sent, TraceLine.Till)]
    [TestCase(ZvtDirection.Received, ZvtDirection.Sent, TraceLine.Terminal)]
    [TestCase(ZvtDirection.Sent, ZvtDirection.Received, TraceLine.Terminal)]
    [TestCase(ZvtDirection.Received, ZvtDirection.Received, TraceLine.Till)]
    public void Line_says_who_spoke_whichever_side_observes(ZvtDirection direction, ZvtDirection ofTill, string from)
    {
        var line = TraceLine.Of(new ZvtTraceEntry(Noon, direction, ZvtTraceKind.Apdu, Apdu.FromHex("06 50 03 12 34 56"), default), ofTill, default, keepsTexts: true);

        Assert.That((line.From, line.Apdu), Is.EqualTo((from, "065003000000")), "passwords are gone");
        Assert.That(TraceLine.FromJson(line.ToJson()), Is.EqualTo(line));
        Assert.That(line.ToJson(), Does.StartWith("{\"time\":\"2026-03-14T12:00:00+00:00\",").And.Contain("\"kind\":\"apdu\""));
    }

    [TestCase("{}")]
    [TestCase("{\"from\":\"somebody\"}")]
    [TestCase("no json")]
    public void Text_that_is_no_trace_line_is_refused(string text) => Assert.That(() => TraceLine.FromJson(text), Throws.InstanceOf<JsonException>());

    [Test]
    public void Completion_of_a_status_enquiry_is_read_in_its_context()
    {
        var context = new TraceContext(ZvtDirection.Sent);
        context.Of(new ZvtTraceEntry(Noon, ZvtDirection.Sent, ZvtTraceKind.Apdu, Apdu.FromHex("05 01 00"), default));
        var entry = new ZvtTraceEntry(Noon, ZvtDirection.Received, ZvtTraceKind.Apdu, Apdu.FromHex("06 0F 07 F0 F0 F3 53 49 4D DC"), default);

        Assert.That(TraceLine.Of(entry, ZvtDirection.Sent, context.Of(entry), keepsTexts: false).Text, Does.Contain("SIM").And.Contain("card inserted"));
    }

    /// <summary>A device may call a card number whatever it likes.</summary>
    [TestCase("1F42")]
    [TestCase("1F2B")]
    [TestCase("1F16")]
    public void Card_number_in_a_field_for_something_else_is_masked(string tag)
    {
        var pan = MadeUpCard.Number("516830", "7318");
        var apdu = new Apdu(0x04, 0x0F, Convert.FromHexString($"060B{tag}08{pan}"));

        Assert.That(Convert.ToHexString(CardData.Redact(apdu)!.ToArray()), Does.Not.Contain(pan));
    }

    [TestCase("06D10900524F452F52494348", "2A2A2A2A2A2A2A2A")]
    [TestCase("040F0A3CF0F0F6524F452F5249", "2A2A2A2A2A2A")]
    [TestCase("04FF0C0A0006082406070452 4F455F", "070" + "42A2A2A2A")]
    [TestCase("061E0B6406081F16021234 1F1700", "1F1602EEEE")]
    public void What_anybody_may_have_written_is_overwritten_where_texts_are_not_kept(string hex, string expected)
    {
        var entry = new ZvtTraceEntry(Noon, ZvtDirection.Received, ZvtTraceKind.Apdu, Apdu.FromHex(hex), default);

        Assert.That(TraceLine.Of(entry, ZvtDirection.Sent, default, keepsTexts: false).Apdu, Does.EndWith(expected).Or.Contain(expected));
        Assert.That(TraceLine.Of(entry, ZvtDirection.Sent, default, keepsTexts: true).Apdu, Does.Not.Contain(expected));
    }

    [Test]
    public void What_says_which_card_and_device_it_was_stays()
    {
        var entry = new ZvtTraceEntry(Noon, ZvtDirection.Received, ZvtTraceKind.Apdu, Apdu.FromHex("04 0F 11 27 00 8B F0 F5 56 49 53 41 00 87 00 07 0B 00 00 01"), default);

        Assert.That(TraceLine.Of(entry, ZvtDirection.Sent, default, keepsTexts: false).Apdu, Does.Contain("8BF0F55649534100").And.Contain("870007"));
    }

    [Test]
    public void Serial_number_that_is_none_is_left_alone()
    {
        var apdu = new Apdu(0x04, 0x0F, Convert.FromHexString("060B1F42085168300000017311"));

        Assert.That(CardData.Redact(apdu), Is.EqualTo(apdu));
    }
}
