using Fleet.Agent.Uplink;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Uplink;

[TestFixture]
internal sealed class ThriftTests
{
    [Test]
    public void What_was_sent_has_to_be_earned_before_more_is_sent()
    {
        var clock = new TestClock();
        var thrift = new Thrift(clock);
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.Zero));
        thrift.Spend(5000);
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.FromSeconds(5)));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.FromSeconds(3)));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.Zero));
        thrift.Spend(1000);
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.FromSeconds(1)), "an idle hour earns nothing ahead");
    }

    [Test]
    public void Without_a_limit_nothing_waits()
    {
        var thrift = new Thrift(new TestClock());
        thrift.Spend(int.MaxValue);
        Assert.That(thrift.Wait(0), Is.EqualTo(TimeSpan.Zero));
        Assert.That(thrift.Wait(1000), Is.EqualTo(TimeSpan.Zero), "what was sent without a limit is not held against it");
    }
}
