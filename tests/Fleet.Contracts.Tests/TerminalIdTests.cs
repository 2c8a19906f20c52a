namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class TerminalIdTests
{
    [TestCase("a")]
    [TestCase("lane-1")]
    [TestCase("0123456789012345678901234567890123456789")]
    public void Allowed_characters_and_length_are_read(string text)
    {
        Assert.That(TerminalId.Parse(text).ToString(), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase(null)]
    [TestCase("01234567890123456789012345678901234567890")]
    [TestCase("lane 1")]
    [TestCase("lane/1")]
    [TestCase("lane+")]
    [TestCase("#")]
    [TestCase("läne")]
    [TestCase("lane.1")]
    [TestCase("lane\0")]
    public void Anything_else_is_refused(string? text)
    {
        Assert.That(TerminalId.TryParse(text, out var id), Is.False);
        Assert.That(id, Is.EqualTo(default(TerminalId)));
    }

    [Test]
    public void Refusal_says_what_is_allowed()
    {
        Assert.That(() => TerminalId.Parse("a/b"), Throws.TypeOf<FormatException>().With.Message.Contains("'a/b'").And.Message.Contains("40"));
    }

    [Test]
    public void Resource_name_goes_both_ways()
    {
        Assert.That(TerminalId.TryParseResourceName("terminals/lane1", out var id), Is.True);
        Assert.That(id.ResourceName, Is.EqualTo("terminals/lane1"));
    }

    [TestCase("lane1")]
    [TestCase("terminals/")]
    [TestCase("terminals/a/b")]
    [TestCase("Terminals/a")]
    [TestCase(null)]
    public void Other_resource_names_are_refused(string? name)
    {
        Assert.That(TerminalId.TryParseResourceName(name, out _), Is.False);
    }
}
