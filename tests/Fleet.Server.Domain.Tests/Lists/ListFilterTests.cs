using Fleet.Server.Domain.Lists;

namespace Fleet.Server.Domain.Tests.Lists;

public sealed class ListFilterTests
{
    [TestCase("")]
    [TestCase("   ")]
    public void Empty_filter_has_no_conditions(string text)
    {
        Assert.That(ListFilter.TryParse(text, out var conditions, out _), Is.True);
        Assert.That(conditions, Is.Empty);
    }

    [TestCase("state = ACTIVE", "state|ACTIVE")]
    [TestCase("state=ACTIVE", "state|ACTIVE")]
    [TestCase("store = \"Berlin Mitte\"", "store|Berlin Mitte")]
    [TestCase("store = \"say \\\"hi\\\" \\\\\"", "store|say \"hi\" \\")]
    [TestCase("settlement = \"\"", "settlement|")]
    [TestCase("terminal = terminals/lane-1", "terminal|terminals/lane-1")]
    [TestCase("state = ACTIVE AND store = \"Berlin\"", "state|ACTIVE;store|Berlin")]
    [TestCase("state = ACTIVE and lane = 1", "state|ACTIVE;lane|1")]
    public void Conditions_are_read(string text, string expected)
    {
        Assert.That(ListFilter.TryParse(text, out var conditions, out var error), Is.True, error);
        Assert.That(string.Join(';', conditions.Select(static c => $"{c.Field}|{c.Value}")), Is.EqualTo(expected));
    }

    [TestCase("state", "'=' expected after 'state' at position 5.")]
    [TestCase("= ACTIVE", "Field name expected at position 0.")]
    [TestCase("state =", "Value of 'state' expected at position 7: a word, or a text in double quotes.")]
    [TestCase("state = \"open", "Value of 'state' expected at position 13: a word, or a text in double quotes.")]
    [TestCase("state = ACTIVE OR lane = 1", "AND expected before position 17.")]
    [TestCase("state = ACTIVE AND", "Field name expected at position 18.")]
    public void Fault_is_told_with_its_position(string text, string expected)
    {
        Assert.That(ListFilter.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Is.EqualTo(expected));
    }

    [Test]
    public void Filter_is_bounded()
    {
        var many = string.Join(" AND ", Enumerable.Repeat("lane = 1", ListFilter.MaximumConditions + 1));

        Assert.That(ListFilter.TryParse(many, out _, out var tooMany), Is.False);
        Assert.That(tooMany, Is.EqualTo("A filter has at most 10 conditions."));
        Assert.That(ListFilter.TryParse(new string(' ', 1001), out _, out var tooLong), Is.False);
        Assert.That(tooLong, Is.EqualTo("A filter has at most 1000 characters."));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool Any_text_is_read_or_refused(string? text)
    {
        var read = ListFilter.TryParse(text ?? string.Empty, out _, out var error);
        return read == (error.Length == 0);
    }

    [FsCheck.NUnit.Property]
    public bool Quoted_value_comes_back_whatever_it_holds(string? value)
    {
        value ??= string.Empty;
        var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return ListFilter.TryParse($"store = \"{quoted}\"", out var conditions, out _) && conditions.Single().Value == value;
    }
}
