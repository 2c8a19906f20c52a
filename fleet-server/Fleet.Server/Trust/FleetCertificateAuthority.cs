using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;

namespace Fleet.Server.Trust;

/// <summary>
/// The fleet's own certificate authority (ECDSA P-256): vouches for the server's doors and for each terminal's agent.
/// </summary>
public sealed class FleetCertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;
    private static readonly TimeSpan LongestStart = TimeSpan.FromHours(1);

    private readonly ECDsa _key;

    /// <summary>An authority out of its certificate and the key that belongs to it; owns both.</summary>
    /// <exception cref="StartRefusedException">The key is not the certificate's.</exception>
    public FleetCertificateAuthority(X509Certificate2 certificate, ECDsa key)
    {
        using var certified = certificate.GetECDsaPublicKey();
        if (certified is null || !certified.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
        {
            throw new StartRefusedException("The fleet CA's key does not belong to its certificate. Restore both from the same backup.");
        }

        Certificate = certificate;
        _key = key;
    }

    /// <summary>The root: what agents and operators' tools trust.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the root as enrolment tokens carry it.</summary>
    public string Fingerprint => EnrollmentToken.FingerprintOf(Certificate.RawData);

    /// <summary>Makes the root certificate for a key.</summary>
    public static X509Certificate2 SelfSign(ECDsa key, DateTimeOffset now, TimeSpan lifetime)
    {
        var name = $"CN=Fleet CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var signed = request.CreateSelfSigned(NotBefore(now, lifetime), now + lifetime);
        return X509CertificateLoader.LoadCertificate(signed.RawData);
    }

    /// <summary>A certificate with its key for the server's own doors.</summary>
    /// <param name="names">DNS names and IP addresses it answers to; the first is the common name.</param>
    /// <param name="now">The present time.</param>
    /// <param name="lifetime">How long it is valid; cut at the root's end.</param>
    public X509Certificate2 IssueServer(IReadOnlyList<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(names[0]);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using var certificate = Sign(request, ServerAuthentication, now, lifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate for a terminal's agent.</summary>
    /// <param name="terminal">Common name; nothing the agent says about its name is taken over.</param>
    /// <param name="publicKey">The agent's key; its possession has been proven.</param>
    /// <param name="now">The present time.</param>
    /// <param name="lifetime">How long it is valid; cut at the root's end.</param>
    public X509Certificate2 IssueDevice(TerminalId terminal, PublicKey publicKey, DateTimeOffset now, TimeSpan lifetime)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(terminal.Value);
        return Sign(new CertificateRequest(subject.Build(), publicKey, HashAlgorithmName.SHA256), ClientAuthentication, now, lifetime);
    }

    /// <summary>
    /// True when the certificate was issued by this authority for an agent and is within its validity. Whether it is the
    /// current one of its terminal is the registry's knowledge, not the chain's.
    /// </summary>
    public bool IsDeviceCertificate(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    // A peer's clock may be behind ours; an hour costs nothing. Of a short life it is a small part, or the certificate would be born old.
    private static DateTimeOffset NotBefore(DateTimeOffset now, TimeSpan lifetime) => now - (lifetime / 10 < LongestStart ? lifetime / 10 : LongestStart);

    private X509Certificate2 Sign(CertificateRequest request, string usage, DateTimeOffset now, TimeSpan lifetime)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        var end = now + lifetime;
        var last = new DateTimeOffset(Certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        return request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), NotBefore(now, lifetime), end < last ? end : last, NewSerial());
    }

    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);

        // A serial number is a positive integer of the shortest form (RFC 5280 4.1.2.2).
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
