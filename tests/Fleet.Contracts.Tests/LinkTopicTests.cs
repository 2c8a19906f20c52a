namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class LinkTopicTests
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public void Every_channel_goes_both_ways([Values] LinkChannel channel)
    {
        var topic = new LinkTopic(Lane, channel);

        Assert.That(LinkTopic.TryParse(topic.ToString(), out var read), Is.True);
        Assert.That(read, Is.EqualTo(topic));
    }

    [TestCase("fleet/v1/lane1/up/")]
    [TestCase("fleet/v1/lane1")]
    [TestCase("fleet/v1//up")]
    [TestCase("fleet/v1/+/up")]
    [TestCase("fleet/v1/#")]
    [TestCase("fleet/v1/lane1/UP")]
    [TestCase("fleet/v2/lane1/up")]
    [TestCase("/fleet/v1/lane1/up")]
    [TestCase("$share/g/fleet/v1/lane1/up")]
    [TestCase("")]
    [TestCase(null)]
    public void Anything_else_is_no_topic_of_ours(string? topic)
    {
        Assert.That(LinkTopic.TryParse(topic, out _), Is.False);
    }

    [Test]
    public void Upward_and_downward_channels_are_all_channels_once()
    {
        var downward = LinkTopic.DownwardOf(Lane).Select(static t => t.Channel).ToList();
        var upward = Enum.GetValues<LinkChannel>().Where(static c => new LinkTopic(Lane, c).IsUpward);

        Assert.That(downward.Concat(upward), Is.EquivalentTo(Enum.GetValues<LinkChannel>()));
    }
}
