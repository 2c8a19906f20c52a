using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Tests.Topics;

[TestFixture]
public sealed class MqttTopicTests
{
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [TestCase("sport/#", "sport", true)]
    [TestCase("#", "anything/at/all", true)]
    [TestCase("#", "/", true)]
    [TestCase("sport/tennis/+", "sport/tennis/player1", true)]
    [TestCase("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [TestCase("sport/+", "sport", false)]
    [TestCase("sport/+", "sport/", true)]
    [TestCase("+/+", "/finance", true)]
    [TestCase("/+", "/finance", true)]
    [TestCase("+", "/finance", false)]
    [TestCase("#", "$SYS/monitor", false)]
    [TestCase("+/monitor", "$SYS/monitor", false)]
    [TestCase("$SYS/#", "$SYS/monitor", true)]
    [TestCase("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [TestCase("a/b", "a/B", false)]
    [TestCase("a//b", "a/+/b", false)]
    [TestCase("a/+/b", "a//b", true)]
    public void Filter_matches_as_the_specification_says(string filter, string topic, bool matches) =>
        Assert.That(MqttTopic.Matches(filter, topic), Is.EqualTo(matches));

    [TestCase("sport/tennis#", false)]
    [TestCase("sport/tennis/#/ranking", false)]
    [TestCase("sport+", false)]
    [TestCase("+", true)]
    [TestCase("+/tennis/#", true)]
    [TestCase("#", true)]
    [TestCase("", false)]
    [TestCase("/", true)]
    [TestCase("a\0", false)]
    [TestCase("$share/g/a/#", true)]
    [TestCase("$share/g/", false)]
    [TestCase("$share/g", false)]
    [TestCase("$share//a", false)]
    [TestCase("$share/+/a", false)]
    [TestCase("$share/g/a#", false)]
    [TestCase("$shared/a", true)]
    public void Filter_is_valid_or_not(string filter, bool valid) => Assert.That(MqttTopic.IsValidFilter(filter), Is.EqualTo(valid));

    [TestCase("a/b", true)]
    [TestCase("", false)]
    [TestCase("a/+", false)]
    [TestCase("a#", false)]
    [TestCase("a\0b", false)]
    [TestCase(" ", true)]
    public void Name_is_valid_or_not(string topic, bool valid) => Assert.That(MqttTopic.IsValidName(topic), Is.EqualTo(valid));

    [TestCase("fleet/v1/t1/#", "fleet/v1/t1/cmd", true)]
    [TestCase("fleet/v1/t1/#", "fleet/v1/t1/#", true)]
    [TestCase("fleet/v1/t1/#", "fleet/v1/t1", true)]
    [TestCase("fleet/v1/t1/#", "fleet/v1/+/cmd", false)]
    [TestCase("fleet/v1/t1/#", "#", false)]
    [TestCase("fleet/v1/t1/#", "fleet/#", false)]
    [TestCase("fleet/v1/t1/#", "$share/g/#", false)]
    [TestCase("fleet/v1/t1/#", "$share/g/fleet/v1/t1/cmd", true)]
    [TestCase("fleet/v1/t1/+", "fleet/v1/t1/#", false)]
    [TestCase("fleet/v1/+/cmd", "fleet/v1/+/cmd", true)]
    [TestCase("#", "$SYS/#", false)]
    [TestCase("+/a", "$SYS/a", false)]
    [TestCase("fleet/v1/t1", "fleet/v1/t1/#", false)]
    public void Grant_contains_a_filter_or_not(string grant, string filter, bool contains) =>
        Assert.That(MqttTopic.Contains(grant, filter), Is.EqualTo(contains));

    [FsCheck.NUnit.Property(MaxTest = 5000)]
    public void What_a_contained_filter_matches_the_grant_matches(int seed)
    {
        var random = new Random(seed);
        var grant = Levels(random, ["a", "b", "+", "#"]);
        var filter = Levels(random, ["a", "b", "+", "#"]);
        var topic = Levels(random, ["a", "b", "c"]);
        if (MqttTopic.IsValidFilter(grant) && MqttTopic.IsValidFilter(filter) && MqttTopic.Contains(grant, filter) && MqttTopic.Matches(filter, topic))
        {
            Assert.That(MqttTopic.Matches(grant, topic), Is.True, $"{grant} contains {filter}, which matches {topic}");
        }
    }

    private static string Levels(Random random, string[] alphabet) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => alphabet[random.Next(alphabet.Length)]));
}
