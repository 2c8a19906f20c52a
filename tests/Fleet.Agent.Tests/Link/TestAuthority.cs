using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Link;

/// <summary>A certificate authority for one test: a root, a server certificate for the loopback, device certificates.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);
    private readonly ECDsa _key;

    /// <param name="key">Of an authority that outlives a process; owned.</param>
    public TestAuthority(ECDsa? key = null)
    {
        _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test fleet", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        Certificate = request.CreateSelfSigned(From.AddYears(-10), From.AddYears(10));
    }

    public X509Certificate2 Certificate { get; }

    /// <param name="age">How long ago its validity of 20 days began; a day unless told.</param>
    /// <param name="host">The one name it has; otherwise it is for the loopback.</param>
    public X509Certificate2 Server(TimeSpan? age = null, string? host = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host ?? "localhost");
        if (host is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        return Issue(request, TimeProvider.System.GetUtcNow() - (age ?? TimeSpan.FromDays(1))).CopyWithPrivateKey(key);
    }

    public X509Certificate2 Device(byte[] pkcs10, string? name = null)
    {
        var asked = CertificateRequest.LoadSigningRequest(pkcs10, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.SkipSignatureValidation);
        return Issue(new CertificateRequest(name is null ? asked.SubjectName : new X500DistinguishedName($"CN={name}"), asked.PublicKey, HashAlgorithmName.SHA256), From);
    }

    public EnrollResponse Answer(EnrollRequest request, TerminalId terminal, int port = 8883) => new()
    {
        TerminalId = terminal.Value,
        CertificateChain = { ByteString.CopyFrom(Device(request.CertificateRequest.ToByteArray()).RawData) },
        CaCertificate = ByteString.CopyFrom(Certificate.RawData),
        TrustBundle = new TrustBundle { Version = 1, Keys = { new TrustedKey { KeyId = "k", PublicKey = ByteString.CopyFrom(_key.ExportSubjectPublicKeyInfo()) } } },
        MqttHost = "127.0.0.1",
        MqttPort = (uint)port,
    };

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Issue(CertificateRequest request, DateTimeOffset from)
    {
        var generator = X509SignatureGenerator.CreateForECDsa(_key);
        return request.Create(Certificate.SubjectName, generator, from, from.AddDays(20), RandomNumberGenerator.GetBytes(8));
    }
}
