using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;

namespace Fleet.Grpc.Tests.Balancer;

public sealed class AttributesTests
{
    private static readonly BalancerAttributesKey<string> Zone = new("zone");
    private static readonly BalancerAttributesKey<int> Weight = new("weight");

    [Test]
    public void Value_is_found_under_its_key_and_type()
    {
        var attributes = new BalancerAttributes();
        attributes.Set(Zone, "north");
        attributes.Set(Weight, 3);
        Assert.That(attributes.TryGetValue(Zone, out var zone), Is.True);
        Assert.That(zone, Is.EqualTo("north"));
        Assert.That(attributes.TryGetValue(new BalancerAttributesKey<string>("weight"), out _), Is.False, "another type");
        Assert.That(attributes.Remove(Weight), Is.True);
        Assert.That(attributes.TryGetValue(Weight, out _), Is.False);
    }

    [Test]
    public void Dictionary_and_typed_view_are_the_same()
    {
        IDictionary<string, object?> values = new BalancerAttributes();
        values.Add("zone", "south");
        values["weight"] = 5;
        Assert.That(((BalancerAttributes)values).TryGetValue(Weight, out var weight), Is.True);
        Assert.That(weight, Is.EqualTo(5));
        Assert.That(values.Keys, Is.EquivalentTo(new[] { "zone", "weight" }));
        Assert.That(values.Remove("zone"), Is.True);
        Assert.That(values.ContainsKey("zone"), Is.False);
    }

    [Test]
    public void Empty_attributes_cannot_be_changed()
    {
        Assert.That(() => BalancerAttributes.Empty.Set(Zone, "north"), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => BalancerAttributes.Empty.Remove(Zone), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void Status_of_a_failure_is_never_ok()
    {
        Assert.That(() => PickResult.ForFailure(Status.DefaultSuccess), Throws.ArgumentException);
        Assert.That(() => PickResult.ForDrop(Status.DefaultSuccess), Throws.ArgumentException);
        Assert.That(() => ResolverResult.ForFailure(Status.DefaultSuccess), Throws.ArgumentException);
        Assert.That(() => ResolverResult.ForResult([], null, Status.DefaultSuccess), Throws.ArgumentException);
    }

    [Test]
    public void Settings_of_a_policy_lie_under_its_name()
    {
        var config = new LoadBalancingConfig("weighted");
        ((IDictionary<string, object>)config.Inner["weighted"])["floor"] = 2;
        Assert.That(config.PolicyName, Is.EqualTo("weighted"));
        Assert.That(new RoundRobinConfig().PolicyName, Is.EqualTo("round_robin"));
    }
}
