using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Tests.Terminals;

public sealed class TerminalRequestTests
{
    [Test]
    public void Well_formed_terminal_is_accepted() =>
        Assert.That(TerminalRequest.Check(new NewTerminal("lane-1", "Lane 1", "Berlin", "1")), Is.Null);

    [TestCase("", "terminal_id")]
    [TestCase("lane 1", "terminal_id")]
    [TestCase("lane/1", "terminal_id")]
    [TestCase("01234567890123456789012345678901234567890", "terminal_id")]
    public void Impossible_id_is_refused_by_its_field(string id, string field) =>
        Assert.That(TerminalRequest.Check(new NewTerminal(id, string.Empty, string.Empty, string.Empty))?.Subject, Is.EqualTo(field));

    [TestCase("terminal.display_name")]
    [TestCase("terminal.store")]
    [TestCase("terminal.lane")]
    public void Word_that_is_too_long_or_holds_control_characters_is_refused_by_its_field(string field)
    {
        foreach (var word in new[] { new string('x', TerminalRequest.MaximumWordLength + 1), "a\nb" })
        {
            string Word(string name) => field.EndsWith(name, StringComparison.Ordinal) ? word : "fine";
            var refusal = TerminalRequest.Check(new NewTerminal("lane1", Word("display_name"), Word("store"), Word("lane")));

            Assert.That(refusal?.Subject, Is.EqualTo(field));
            Assert.That(refusal?.Kind, Is.EqualTo(RefusalKind.InvalidArgument));
        }
    }

    [TestCase(0, false)]
    [TestCase(-1, false)]
    [TestCase(1, true)]
    [TestCase(7 * 24 * 3600, true)]
    [TestCase((7 * 24 * 3600) + 1, false)]
    public void Token_lives_more_than_nothing_and_at_most_seven_days(int seconds, bool accepted) =>
        Assert.That(TerminalRequest.CheckTokenTimeToLive(TimeSpan.FromSeconds(seconds)) is null, Is.EqualTo(accepted));
}
