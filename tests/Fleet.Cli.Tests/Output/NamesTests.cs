using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using FsCheck;

namespace Fleet.Cli.Tests.Output;

[TestFixture]
internal sealed class NamesTests
{
    [TestCase("90s", 90)]
    [TestCase("30m", 1800)]
    [TestCase("12h", 43_200)]
    [TestCase("7d", 604_800)]
    [TestCase("0s", 0)]
    public void Duration_is_read(string typed, long seconds)
    {
        Assert.That(Names.Span(typed, "--ttl")!.Seconds, Is.EqualTo(seconds));
    }

    [TestCase("")]
    [TestCase("5")]
    [TestCase("1w")]
    [TestCase("-1h")]
    [TestCase("1h30m")]
    [TestCase("9999999s")]
    public void Duration_that_is_none_names_its_option(string typed)
    {
        Assert.That(() => Names.Span(typed, "--ttl"), Throws.TypeOf<UsageException>().With.Message.Contains("--ttl"));
    }

    [TestCase("2026-03-14T18:00:00+01:00", "2026-03-14T17:00:00Z")]
    [TestCase("2026-03-14T17:00:00Z", "2026-03-14T17:00:00Z")]
    public void Moment_is_read_with_its_zone(string typed, string expected)
    {
        Assert.That(Names.Moment(typed, "--not-before")!.ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.Parse(expected)));
    }

    [TestCase("2026-03-14T18:00:00")]
    [TestCase("tomorrow")]
    [TestCase("2026-13-14T18:00:00Z")]
    public void Moment_without_zone_or_sense_is_told(string typed)
    {
        Assert.That(() => Names.Moment(typed, "--not-before"), Throws.TypeOf<UsageException>().With.Message.Contains("zone"));
    }

    [FsCheck.NUnit.Property]
    public bool Anything_typed_is_a_duration_or_told(NonNull<string> typed)
    {
        try
        {
            return Names.Span(typed.Get, "--ttl") is not null;
        }
        catch (UsageException)
        {
            return true;
        }
    }

    [Test]
    public void Names_may_be_typed_short_or_long()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Names.Terminal("lane1"), Is.EqualTo("terminals/lane1"));
            Assert.That(Names.Terminal("terminals/lane1"), Is.EqualTo("terminals/lane1"));
            Assert.That(Names.Command("c1"), Is.EqualTo("commands/c1"));
            Assert.That(Names.Parent(null), Is.EqualTo("terminals/-"));
            Assert.That(Names.And("state = QUEUED", "terminal = x"), Is.EqualTo("state = QUEUED AND terminal = x"));
            Assert.That(Names.And(null, null), Is.Empty);
        });
    }

    [Test]
    public void Values_have_the_names_of_the_api()
    {
        Assert.That(Words.Of(V1.Command.Types.Kind.SettleAndLock), Is.EqualTo("SETTLE_AND_LOCK"));
        Assert.That(Words.Of((V1.Command.Types.Kind)99), Is.EqualTo("99"));
    }
}
