using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Server.Trust;
using Fleet.Testing;

namespace Fleet.Server.Tests.Trust;

[TestFixture]
internal sealed class FleetCertificateAuthorityTests
{
    private static readonly DateTimeOffset Now = TestClock.Start;
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly TerminalId Lane1 = TerminalId.Parse("lane1");

    private FleetCertificateAuthority _authority = null!;
    private ECDsa _deviceKey = null!;

    [SetUp]
    public void SetUp()
    {
        _authority = NewAuthority();
        _deviceKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    }

    [TearDown]
    public void TearDown()
    {
        _authority.Dispose();
        _deviceKey.Dispose();
    }

    [Test]
    public void Device_certificate_names_the_terminal_and_is_for_clients_only()
    {
        using var certificate = IssueDevice();
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages;

        Assert.Multiple(() =>
        {
            Assert.That(certificate.Subject, Is.EqualTo("CN=lane1"));
            Assert.That(usages.Cast<Oid>().Select(static o => o.Value), Is.EqualTo(new[] { "1.3.6.1.5.5.7.3.2" }));
            Assert.That(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority, Is.False);
            Assert.That(certificate.SerialNumber, Has.Length.EqualTo(32));
            Assert.That(_authority.IsDeviceCertificate(certificate, Now), Is.True);
        });
    }

    [Test]
    public void Serial_numbers_are_never_the_same()
    {
        using var one = IssueDevice();
        using var two = IssueDevice();

        Assert.That(one.SerialNumber, Is.Not.EqualTo(two.SerialNumber));
    }

    [Test]
    public void Certificate_of_another_authority_is_no_device_certificate()
    {
        using var other = NewAuthority();
        using var certificate = other.IssueDevice(Lane1, new PublicKey(_deviceKey), Now, Year);

        Assert.That(_authority.IsDeviceCertificate(certificate, Now), Is.False);
    }

    [Test]
    public void Server_certificate_does_not_pass_for_a_device()
    {
        using var certificate = _authority.IssueServer(["localhost"], Now, Year);

        Assert.That(_authority.IsDeviceCertificate(certificate, Now), Is.False);
    }

    [Test]
    public void Certificate_outside_its_validity_is_no_device_certificate()
    {
        using var certificate = IssueDevice();

        Assert.That(_authority.IsDeviceCertificate(certificate, Now + Year + TimeSpan.FromSeconds(1)), Is.False);
        Assert.That(_authority.IsDeviceCertificate(certificate, Now - TimeSpan.FromDays(1)), Is.False);
    }

    [Test]
    public void Self_signed_certificate_with_the_same_names_is_no_device_certificate()
    {
        var request = new CertificateRequest("CN=lane1", _deviceKey, HashAlgorithmName.SHA256);
        using var forged = request.CreateSelfSigned(Now, Now + Year);

        Assert.That(_authority.IsDeviceCertificate(forged, Now), Is.False);
    }

    [Test]
    public void Certificate_never_outlives_its_root()
    {
        using var certificate = _authority.IssueDevice(Lane1, new PublicKey(_deviceKey), Now, Year * 100);

        Assert.That(certificate.NotAfter, Is.EqualTo(_authority.Certificate.NotAfter));
    }

    [Test]
    public void Server_certificate_carries_names_and_addresses()
    {
        using var certificate = _authority.IssueServer(["localhost", "127.0.0.1", "::1"], Now, Year);

        Assert.That(certificate.MatchesHostname("localhost") && certificate.MatchesHostname("127.0.0.1") && certificate.HasPrivateKey, Is.True);
        Assert.That(certificate.MatchesHostname("elsewhere"), Is.False);
    }

    private X509Certificate2 IssueDevice() => _authority.IssueDevice(Lane1, new PublicKey(_deviceKey), Now, Year);

    private static FleetCertificateAuthority NewAuthority()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new FleetCertificateAuthority(FleetCertificateAuthority.SelfSign(key, Now, Year * 20), key);
    }
}
