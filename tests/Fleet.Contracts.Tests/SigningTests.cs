using System.Security.Cryptography;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class SigningTests
{
    private static readonly Command Disable = new() { CommandId = "c1", TerminalId = "lane1", Counter = 7, Kind = CommandKind.Disable };

    private ECDsa _key = null!;
    private ECDsa _other = null!;

    [SetUp]
    public void MakeKeys()
    {
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    }

    [TearDown]
    public void DropKeys()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Test]
    public void Signature_of_a_trusted_key_is_found()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);

        Assert.That(Signers(SigningDomain.Command, envelope), Is.EquivalentTo(new[] { Signing.KeyId(_key.ExportSubjectPublicKeyInfo()) }));
        Assert.That(Command.Parser.ParseFrom(envelope.Payload), Is.EqualTo(Disable));
    }

    [Test]
    public void Signature_of_another_domain_does_not_fit([Values] SigningDomain domain)
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);

        Assert.That(Signers(domain, envelope), domain == SigningDomain.Command ? Is.Not.Empty : Is.Empty);
    }

    [Test]
    public void Changed_payload_fits_no_signature()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);
        var bytes = envelope.Payload.ToByteArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            envelope.Payload = ByteString.CopyFrom(bytes);
            Assert.That(Signers(SigningDomain.Command, envelope), Is.Empty, $"byte {i}");
            bytes[i] ^= 1;
        }
    }

    [Test]
    public void Key_without_the_role_is_not_believed()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);

        Assert.That(Signing.ValidSigners(SigningDomain.Command, envelope, Bundle(), TrustedKey.Types.Role.Approver), Is.Empty);
    }

    [Test]
    public void Key_outside_the_bundle_is_not_believed()
    {
        Assert.That(Signers(SigningDomain.Command, Signing.Sign(SigningDomain.Command, Disable, _other)), Is.Empty);
    }

    [Test]
    public void Bundle_that_gives_a_key_the_id_of_another_is_not_believed()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _other);
        var bundle = Bundle();
        bundle.Keys[0].KeyId = Signing.KeyId(_other.ExportSubjectPublicKeyInfo());

        Assert.That(Signing.ValidSigners(SigningDomain.Command, envelope, bundle, TrustedKey.Types.Role.Command), Is.Empty);
    }

    [Test]
    public void Same_key_twice_counts_once()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);
        envelope.Signatures.Add(Signing.Sign(SigningDomain.Command, Disable, _key).Signatures[0]);

        Assert.That(Signers(SigningDomain.Command, envelope), Has.Count.EqualTo(1));
    }

    [Test]
    public void Garbage_signatures_and_keys_are_signatures_that_do_not_fit()
    {
        var envelope = Signing.Sign(SigningDomain.Command, Disable, _key);
        envelope.Signatures[0].Value = ByteString.CopyFrom(1, 2, 3);

        Assert.That(Signers(SigningDomain.Command, envelope), Is.Empty);
        Assert.That(Signing.IsSignedBy(SigningDomain.Command, envelope, [1, 2, 3]), Is.False);
    }

    [Test]
    public void Exact_key_is_checked_without_a_bundle()
    {
        var envelope = Signing.Sign(SigningDomain.Proof, new ClosingProof { ProofId = "p" }, _key);

        Assert.That(Signing.IsSignedBy(SigningDomain.Proof, envelope, _key.ExportSubjectPublicKeyInfo()), Is.True);
        Assert.That(Signing.IsSignedBy(SigningDomain.Proof, envelope, _other.ExportSubjectPublicKeyInfo()), Is.False);
    }

    private IReadOnlySet<string> Signers(SigningDomain domain, SignedEnvelope envelope) =>
        Signing.ValidSigners(domain, envelope, Bundle(), TrustedKey.Types.Role.Command);

    private TrustBundle Bundle()
    {
        var publicKey = _key.ExportSubjectPublicKeyInfo();
        return new TrustBundle
        {
            Version = 1,
            Keys =
            {
                new TrustedKey
                {
                    KeyId = Signing.KeyId(publicKey),
                    PublicKey = ByteString.CopyFrom(publicKey),
                    Roles = { TrustedKey.Types.Role.Command },
                },
            },
        };
    }
}
