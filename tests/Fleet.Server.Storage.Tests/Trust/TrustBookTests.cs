using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Trust;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Trust;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class TrustBookTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    private TrustKeys _keys = null!;

    [SetUp]
    public void MakeKeys() => _keys = new TrustKeys();

    [TearDown]
    public void DropKeys() => _keys.Dispose();

    [Test]
    public async Task Before_the_first_is_published_the_initial_one_is_in_force()
    {
        var current = await World.Trust.CurrentAsync(_keys.Initial, CancellationToken.None);

        Assert.That((current.Bundle.Version, current.Publisher), Is.EqualTo((1UL, (Domain.Operators.Actor?)null)));
    }

    [Test]
    public async Task Published_bundle_is_in_force_with_who_and_when()
    {
        StorageWorld.Accepted(await PublishAsync(2, "server", "root"));
        var current = await World.Trust.CurrentAsync(_keys.Initial, CancellationToken.None);

        Assert.That((current.Bundle.Version, current.Publisher, current.Published), Is.EqualTo((2UL, StorageWorld.Anna, (DateTimeOffset?)World.Clock.GetUtcNow())));
    }

    [Test]
    public async Task Replay_and_what_the_roots_have_not_signed_are_refused_and_repetition_is_not()
    {
        StorageWorld.Accepted(await PublishAsync(2, "server", "root"));
        StorageWorld.Accepted(await PublishAsync(3, "root"));

        Assert.That((await PublishAsync(2, "server", "root")).Refusal?.Code, Is.EqualTo(ReasonCodes.TrustReplayed));
        Assert.That((await PublishAsync(4, "server")).Refusal?.Code, Is.EqualTo(ReasonCodes.TrustRefused));
        Assert.That((await PublishAsync(3, "root")).Refusal, Is.Null);
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM trust_bundles"), Is.EqualTo(2));
    }

    [Test]
    public async Task Bundle_without_this_servers_own_key_is_refused()
    {
        StorageWorld.Accepted(await PublishAsync(2, "server", "root"));
        var next = _keys.Bundle(3);
        var other = _keys.Bundle(3).Keys[0].Clone();
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        other.PublicKey = Google.Protobuf.ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo());
        other.KeyId = Signing.KeyId(other.PublicKey.Span);
        next.Keys[0] = other;

        var refusal = (await World.Trust.PublishAsync(_keys.Signed(next, "root"), _keys.Initial, StorageWorld.Anna, CancellationToken.None)).Refusal;

        Assert.That((refusal?.Code, refusal?.Text), Is.EqualTo((ReasonCodes.TrustRefused, refusal?.Text)));
        Assert.That(refusal?.Text, Does.Contain("own key"));
    }

    [Test]
    public async Task Agent_gets_every_bundle_above_its_own_in_order()
    {
        await World.EnrolAsync();
        StorageWorld.Accepted(await PublishAsync(2, "server", "root"));
        StorageWorld.Accepted(await PublishAsync(3, "root"));
        await World.Agents.HelloAsync(Lane, new Hello { TrustVersion = 1 }, CancellationToken.None);
        Assert.That((await World.Trust.MissingAsync(Lane, CancellationToken.None)).Select(static b => b.Version), Is.EqualTo(new long[] { 2, 3 }));

        await World.Trust.TakenAsync(Lane, 2, CancellationToken.None);
        Assert.That((await World.Trust.MissingAsync(Lane, CancellationToken.None)).Select(static b => b.Version), Is.EqualTo(new long[] { 3 }));

        await World.Agents.HelloAsync(Lane, new Hello { TrustVersion = 1 }, CancellationToken.None);
        Assert.That(await World.Trust.MissingAsync(Lane, CancellationToken.None), Has.Count.EqualTo(2), "what the agent itself says counts");
    }

    private Task<Answer<TrustView>> PublishAsync(ulong version, params string[] signers) =>
        World.Trust.PublishAsync(_keys.Signed(_keys.Bundle(version), signers), _keys.Initial, StorageWorld.Anna, CancellationToken.None);
}
