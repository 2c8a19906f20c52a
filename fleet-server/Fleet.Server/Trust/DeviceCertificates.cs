using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Trust;

/// <summary>Makes agents' certificates: what the registry has to know of one comes with it.</summary>
public sealed class DeviceCertificates(FleetCertificateAuthority authority, TimeSpan lifetime, TimeProvider time)
{
    /// <summary>A certificate for a key whose possession has been proven.</summary>
    public DeviceCertificate Issue(TerminalId terminal, PublicKey key)
    {
        var now = time.GetUtcNow();
        using var certificate = authority.IssueDevice(terminal, key, now, lifetime);
        return new DeviceCertificate(
            FingerprintOf(certificate),
            Signing.KeyId(key.ExportSubjectPublicKeyInfo()),
            now,
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero),
            certificate.RawData);
    }

    /// <summary>How the registry knows a certificate: lower-case hex of its SHA-256.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));
}
