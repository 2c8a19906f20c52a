using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Tests.Client;

[TestFixture]
public sealed class ServerReferenceTests
{
    // The examples of 4.11 among them.
    [TestCase("myserver.xyz.org", "myserver.xyz.org", null)]
    [TestCase("myserver.xyz.org:8883", "myserver.xyz.org", 8883)]
    [TestCase("10.10.151.22:8883", "10.10.151.22", 8883)]
    [TestCase("[fe80::9610:3eff:fe1c]:1883", "fe80::9610:3eff:fe1c", 1883)]
    [TestCase("[::1]", "::1", null)]
    public void Reference_is_a_name_and_a_port(string text, string host, int? port) =>
        Assert.That(MqttServerReference.Parse(text), Is.EqualTo([new MqttServerReference(host, port)]));

    [Test]
    public void Several_references_keep_their_order() =>
        Assert.That(MqttServerReference.Parse("a:1  b c:3"), Is.EqualTo([new MqttServerReference("a", 1), new MqttServerReference("b", null), new MqttServerReference("c", 3)]));

    [TestCase(null)]
    [TestCase("")]
    [TestCase(":1883")]
    [TestCase("a:")]
    [TestCase("a:0")]
    [TestCase("a:65536")]
    [TestCase("a:-1")]
    [TestCase("a:1:2")]
    [TestCase("[::1")]
    [TestCase("[]")]
    [TestCase("[::1]8883")]
    public void What_is_no_reference_is_left_out(string? text) => Assert.That(MqttServerReference.Parse(text), Is.Empty);
}
