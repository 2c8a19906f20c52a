using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class TrustSuccessionTests
{
    private TrustKeys _keys = null!;

    [SetUp]
    public void MakeKeys() => _keys = new TrustKeys();

    [TearDown]
    public void DropKeys() => _keys.Dispose();

    [Test]
    public void Bundle_signed_by_the_present_root_and_its_own_follows()
    {
        var next = TrustSuccession.Next(_keys.Bundle(2), _keys.Signed(_keys.Bundle(7), "root1"), out var fault);

        Assert.That((next?.Version, fault), Is.EqualTo((7UL, (TrustFault?)null)));
    }

    [TestCase(2UL)]
    [TestCase(1UL)]
    [TestCase(0UL)]
    public void Version_that_is_not_higher_is_a_replay(ulong version) =>
        Refused(_keys.Bundle(2), _keys.Signed(_keys.Bundle(version), "root1", "root2"), ReasonCodes.TrustReplayed);

    [Test]
    public void Stranger_cannot_sign_a_successor() => Refused(_keys.Bundle(2), _keys.Signed(_keys.Bundle(3), "mallory"), ReasonCodes.TrustRefused);

    [Test]
    public void Server_cannot_replace_the_roots_once_there_are_any()
    {
        var own = _keys.Bundle(3);
        own.Keys.Clear();
        own.Keys.Add([_keys.Trusted("server", Role.Command), _keys.Trusted("mallory", Role.Root)]);
        own.Rules.Clear();

        Refused(_keys.Bundle(2), _keys.Signed(own, "server", "mallory"), ReasonCodes.TrustRefused);
    }

    [Test]
    public void First_roots_need_the_command_key_and_their_own_signature()
    {
        Assert.That(TrustSuccession.Next(_keys.First(), _keys.Signed(_keys.Bundle(2), "server", "root1"), out _), Is.Not.Null);
        Refused(_keys.First(), _keys.Signed(_keys.Bundle(2), "server"), ReasonCodes.TrustRefused);
        Refused(_keys.First(), _keys.Signed(_keys.Bundle(2), "root1"), ReasonCodes.TrustRefused);
    }

    [Test]
    public void Threshold_counts_owners_and_not_keys()
    {
        var two = _keys.Bundle(2);
        two.RootThreshold = 2;
        var spare = _keys.Trusted("spare", Role.Root);
        spare.Owner = "root1";
        two.Keys.Add(spare);
        var three = two.Clone();
        three.Version = 3;

        Refused(two, _keys.Signed(three, "root1", "spare", "root1"), ReasonCodes.TrustRefused);
        Assert.That(TrustSuccession.Next(two, _keys.Signed(three, "root1", "root2"), out _), Is.Not.Null);
    }

    [Test]
    public void New_root_must_have_signed_what_names_it()
    {
        var next = _keys.Bundle(3);
        next.Keys.Remove(next.Keys.Single(static k => k.Owner == "root1"));
        next.Keys.Remove(next.Keys.Single(static k => k.Owner == "root2"));
        next.Keys.Add(_keys.Trusted("root3", Role.Root));

        Refused(_keys.Bundle(2), _keys.Signed(next, "root1"), ReasonCodes.TrustRefused);
        Assert.That(TrustSuccession.Next(_keys.Bundle(2), _keys.Signed(next, "root1", "root3"), out _), Is.Not.Null);
    }

    [Test]
    public void Changed_byte_or_another_domain_is_refused()
    {
        var envelope = _keys.Signed(_keys.Bundle(3), "root1");
        var bytes = envelope.Payload.ToByteArray();
        bytes[^1] ^= 1;
        envelope.Payload = ByteString.CopyFrom(bytes);
        Refused(_keys.Bundle(2), envelope, ReasonCodes.TrustRefused);
        Refused(_keys.Bundle(2), Signing.Sign(SigningDomain.Command, _keys.Bundle(3), _keys["root1"]), ReasonCodes.TrustRefused);
        Refused(_keys.Bundle(2), new SignedEnvelope { Payload = ByteString.CopyFromUtf8("garbage") }, ReasonCodes.TrustRefused);
    }

    [Test]
    public void Bundle_that_contradicts_itself_is_told_with_its_field()
    {
        Assert.Multiple(() =>
        {
            Faulty("keys", static b => b.Keys.Clear());
            Faulty("keys", b => b.Keys.Add(_keys.Trusted("anna", Role.Approver)));
            Faulty("keys", static b => b.Keys[0].KeyId = "0");
            Faulty("keys", static b => b.Keys[0].PublicKey = ByteString.CopyFromUtf8("no key"));
            Faulty("signs commands", static b => b.Keys.RemoveAt(0));
            Faulty("signs commands must neither", static b => b.Keys[0].Roles.Add(Role.Approver));
            Faulty("owner", static b => b.Keys[3].Owner = string.Empty);
            Faulty("root_threshold", static b => b.RootThreshold = 3);
            Faulty("root_threshold", static b => b.RootThreshold = 0);
            Faulty("rules", static b => b.Rules.Add(new ApprovalRule { Kind = (CommandKind)99, Approvals = 1 }));
            Faulty("rules", static b => b.Rules.Add(new ApprovalRule { Kind = CommandKind.Retire, Approvals = 1 }));
            Faulty("rules: retire needs 3", static b => b.Rules[0].Approvals = 3);
        });

        void Faulty(string part, Action<TrustBundle> change)
        {
            var bundle = _keys.Bundle(3);
            change(bundle);
            Assert.That(TrustSuccession.Check(bundle), Does.Contain(part));
        }
    }

    private static void Refused(TrustBundle current, SignedEnvelope envelope, string code)
    {
        Assert.That(TrustSuccession.Next(current, envelope, out var fault), Is.Null);
        Assert.That(fault?.Code, Is.EqualTo(code), fault?.Text);
    }
}
