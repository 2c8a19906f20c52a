using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Testing;

/// <summary>An authority with a server and a client certificate, as objects and as files.</summary>
public sealed class PeerCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset To = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public PeerCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var signing = request.CreateSelfSigned(From, To);
        Authority = X509CertificateLoader.LoadCertificate(signing.RawData);
        File.WriteAllText(_folder.File("ca.crt"), Authority.ExportCertificatePem());
        Server = Issue(signing, "server", "CN=localhost", server: true);
        Client = Issue(signing, "client", "CN=terminal-1", server: false);
    }

    public string Folder => _folder.Path;

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Server { get; }

    public X509Certificate2 Client { get; }

    public SslServerAuthenticationOptions ForServer() => new()
    {
        ServerCertificate = Server,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 certificate && IsOurs(certificate),
    };

    public SslClientAuthenticationOptions ForClient(bool withCertificate = true) => new()
    {
        TargetHost = "localhost",
        ClientCertificates = withCertificate ? [Client] : null,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 certificate && IsOurs(certificate),
    };

    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
        Client.Dispose();
        _folder.Dispose();
    }

    private bool IsOurs(X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(shown);
    }

    private X509Certificate2 Issue(X509Certificate2 authority, string name, string subject, bool server)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        if (server)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(authority, From, To, RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        File.WriteAllText(_folder.File($"{name}.crt"), issued.ExportCertificatePem());
        File.WriteAllText(_folder.File($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), password: null);
    }
}
