using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Server.Trust;

namespace Fleet.Server.Tests.Trust;

[TestFixture]
internal sealed class DeviceRequestTests
{
    [Test]
    public void Request_on_p256_gives_its_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var read = DeviceRequest.Read(Request(key), out var fault);

        Assert.That(read!.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()), fault);
    }

    [Test]
    public void Request_whose_signature_is_anothers_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = Request(key);
        der[^1] ^= 1;

        Assert.That(DeviceRequest.Read(der, out var fault), Is.Null);
        Assert.That(fault, Does.Contain("signature"));
    }

    [Test]
    public void Request_on_another_curve_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.That(DeviceRequest.Read(Request(key), out var fault), Is.Null);
        Assert.That(fault, Does.Contain("P-256"));
    }

    [Test]
    public void Request_with_a_tail_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.That(DeviceRequest.Read([.. Request(key), 0, 0], out var fault), Is.Null);
        Assert.That(fault, Does.Contain("2 bytes too many"));
    }

    [Test]
    public void Empty_and_oversized_requests_are_refused_by_their_length()
    {
        Assert.That(DeviceRequest.Read([], out var empty), Is.Null);
        Assert.That(DeviceRequest.Read(new byte[DeviceRequest.MaximumLength + 1], out var large), Is.Null);
        Assert.That(empty + large, Does.Contain("0 bytes").And.Contain("4097 bytes"));
    }

    [Test]
    public void Request_with_any_byte_flipped_never_throws()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var whole = Request(key);
        var accepted = 0;
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[i] ^= 0x55;
            accepted += DeviceRequest.Read(damaged, out _) is null ? 0 : 1;
        }

        Assert.That(accepted, Is.Zero, "every byte is under the signature");
    }

    private static byte[] Request(ECDsa key) => new CertificateRequest("CN=whatever", key, HashAlgorithmName.SHA256).CreateSigningRequest();
}
