using Fleet.Contracts;
using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Tests.Operators;

public sealed class ActorTests
{
    [TestCase(ActorKind.Operator, "anna", "operator:anna")]
    [TestCase(ActorKind.Agent, "lane1", "agent:lane1")]
    [TestCase(ActorKind.Server, "server", "server:server")]
    [TestCase(ActorKind.Acquirer, "bank:one", "acquirer:bank:one")]
    public void Actor_is_written_and_read_back(ActorKind kind, string name, string text)
    {
        var actor = new Actor(kind, name);

        Assert.That(actor.ToString(), Is.EqualTo(text));
        Assert.That(Actor.Parse(text), Is.EqualTo(actor));
    }

    [TestCase("")]
    [TestCase("anna")]
    [TestCase(":anna")]
    [TestCase("thief:anna")]
    public void Text_that_is_no_actor_is_refused(string text) => Assert.That(() => Actor.Parse(text), Throws.InstanceOf<FormatException>());

    [Test]
    public void Agent_is_named_by_its_terminal() => Assert.That(Actor.Agent(TerminalId.Parse("lane1")), Is.EqualTo(new Actor(ActorKind.Agent, "lane1")));
}
