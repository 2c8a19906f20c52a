using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Link;

/// <summary>What changes an identity after its enrolment: a trust bundle, a renewed certificate, another enrolment.</summary>
public sealed class IdentityChangeTests
{
    private static readonly TerminalId Terminal = TerminalId.Parse("lane-1");

    private TemporaryFolder _folder = null!;
    private TestAuthority _authority = null!;
    private IdentityStore _store = null!;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private string IdentityFolder => Path.Combine(_folder.Path, "identity");

    [SetUp]
    public void SetUp()
    {
        (_folder, _authority) = (new TemporaryFolder(), new TestAuthority());
        _store = new IdentityStore(_folder.Path);
    }

    [TearDown]
    public void TearDown()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Enrolment_beside_a_running_agent_is_noticed_once()
    {
        using var current = new CurrentIdentity(_store, NoCrashPoints.Instance);
        var changed = current.Changed;
        Assert.That((current.Now.Device, current.Refresh()), Is.EqualTo(((DeviceIdentity?)null, false)));

        Enrol();

        Assert.That(current.Refresh(), Is.True);
        Assert.That((current.Now.Device?.Terminal, changed.IsCompleted, current.Refresh()), Is.EqualTo(((TerminalId?)Terminal, true, false)));
    }

    [Test]
    public void Key_that_was_asked_with_is_asked_with_again_until_it_has_a_certificate()
    {
        using var first = _store.NextKey();
        using var again = _store.NextKey();
        Assert.That(again.ExportSubjectPublicKeyInfo(), Is.EqualTo(first.ExportSubjectPublicKeyInfo()));

        Enrol();
        using var next = _store.NextKey();
        Assert.That(next.ExportSubjectPublicKeyInfo(), Is.Not.EqualTo(first.ExportSubjectPublicKeyInfo()));
    }

    [Test]
    public void Damaged_key_beside_is_passed_over()
    {
        Enrol();
        using (var key = _store.NextKey())
        {
            File.WriteAllBytes(Path.Combine(IdentityFolder, $"device-{Signing.KeyId(key.ExportSubjectPublicKeyInfo())}.key"), [1, 2]);
        }

        using var other = _store.NextKey();
        Assert.That(_store.TryLoad(out var identity, out var problem), Is.True, problem);
        identity!.Dispose();
    }

    [Test]
    public void Renewed_certificate_waits_beside_the_old_one_until_it_is_confirmed()
    {
        Enrol();
        using var current = new CurrentIdentity(_store, NoCrashPoints.Instance);
        var before = current.Now.Device!.Certificate.RawData;
        var issued = Issue();
        Assert.That(current.Keep(issued, Now), Is.Null);
        var renewed = current.Now.Device!;
        Assert.That((renewed.Certificate.RawData, renewed.Next!.RawData, renewed.Next.HasPrivateKey), Is.EqualTo((before, issued.CertificateChain[0].ToByteArray(), true)));
        Assert.That(Directory.GetFiles(IdentityFolder, "*.key"), Has.Length.EqualTo(2));

        current.Confirm(renewed);
        Assert.That((current.Now.Device!.Certificate.RawData, current.Now.Device.Next), Is.EqualTo((issued.CertificateChain[0].ToByteArray(), (X509Certificate2?)null)));
        Assert.That(Directory.GetFiles(IdentityFolder, "*.key"), Has.Length.EqualTo(1));
        Assert.That(() => current.Confirm(renewed), Throws.Nothing, "said twice");
    }

    [Test]
    public void Certificate_that_does_not_fit_changes_nothing()
    {
        Enrol();
        using var current = new CurrentIdentity(_store, NoCrashPoints.Instance);
        Assert.That(current.Keep(new CertificateIssued { CertificateChain = { ByteString.CopyFrom(1) } }, Now), Does.Contain("nothing was asked for"));
        var issued = Issue();
        using var stranger = new TestAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Multiple(() =>
        {
            Assert.That(current.Keep(new CertificateIssued { Refusal = "not now" }, Now), Does.Contain("not now"));
            Assert.That(current.Keep(new CertificateIssued { CertificateChain = { ByteString.CopyFrom(1) } }, Now), Does.Contain("unreadable"));
            Assert.That(current.Keep(Of(_authority.Device(Request(key))), Now), Does.Contain("another key"));
            Assert.That(current.Keep(Of(_authority.Device(PendingRequest(), "lane-2")), Now), Does.Contain("another name"));
            Assert.That(current.Keep(Of(stranger.Device(PendingRequest())), Now), Does.Contain("not good here"));
            Assert.That(current.Keep(issued, Now.AddYears(1)), Does.Contain("not good here"));
            Assert.That(current.Now.Device!.Next, Is.Null);
        });

        static CertificateIssued Of(X509Certificate2 certificate) => new() { CertificateChain = { ByteString.CopyFrom(certificate.RawData) } };
    }

    [Test]
    public void Bundle_survives_the_next_start_and_an_older_one_is_refused()
    {
        using var server = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Enrol(Bundle(1, server, null));
        var second = Signed(Bundle(2, server, root), server, root);
        using (var current = new CurrentIdentity(_store, NoCrashPoints.Instance))
        {
            Assert.That(current.Pin(second), Is.Null);
            Assert.That(current.Pin(second), Is.Null, "delivered again");
            Assert.That(current.Pin(Signed(Bundle(3, server, root), root)), Is.Null);
            Assert.That(current.Now.Device!.Trust.Version, Is.EqualTo(3));
        }

        using var restarted = new CurrentIdentity(_store, NoCrashPoints.Instance);
        Assert.That(restarted.Now.Device!.Trust.Version, Is.EqualTo(3));
        Assert.That(restarted.Pin(second)?.Code, Is.EqualTo(ReasonCodes.TrustReplayed));
        Assert.That(restarted.Pin(Signed(Bundle(9, server, null), server))?.Code, Is.EqualTo(ReasonCodes.TrustRefused));
        Assert.That(restarted.Now.Device!.Trust.Version, Is.EqualTo(3));
    }

    [Test]
    public void Change_while_another_process_changes_the_identity_is_an_error_and_not_a_lost_update()
    {
        Enrol();
        using (new FileStream(_folder.File("identity.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.That(() => _store.NextKey(), Throws.InstanceOf<IOException>());
        }

        using var key = _store.NextKey();
    }

    private static TrustBundle Bundle(ulong version, ECDsa server, ECDsa? root)
    {
        var bundle = new TrustBundle { Version = version, Keys = { Key(server, TrustedKey.Types.Role.Command) } };
        if (root is not null)
        {
            bundle.Keys.Add(Key(root, TrustedKey.Types.Role.Root));
            bundle.RootThreshold = 1;
        }

        return bundle;

        static TrustedKey Key(ECDsa key, TrustedKey.Types.Role role)
        {
            var spki = key.ExportSubjectPublicKeyInfo();
            return new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = role == TrustedKey.Types.Role.Root ? "root" : string.Empty, Roles = { role } };
        }
    }

    private static SignedEnvelope Signed(TrustBundle bundle, params ECDsa[] signers)
    {
        var payload = bundle.ToByteString();
        return new SignedEnvelope { Payload = payload, Signatures = { signers.Select(s => Signing.Sign(SigningDomain.Trust, payload.Span, s)) } };
    }

    private static byte[] Request(ECDsa key) => new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    private byte[] PendingRequest()
    {
        using var key = _store.NextKey();
        return Request(key);
    }

    private CertificateIssued Issue() =>
        new() { TerminalId = Terminal.Value, CertificateChain = { ByteString.CopyFrom(_authority.Device(PendingRequest()).RawData) } };

    private void Enrol(TrustBundle? bundle = null)
    {
        var answer = _authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(PendingRequest()) }, Terminal);
        answer.TrustBundle = bundle ?? answer.TrustBundle;
        _store.Save(answer);
    }
}
