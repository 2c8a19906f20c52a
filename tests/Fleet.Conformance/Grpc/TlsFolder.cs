using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Conformance;

/// <summary>
/// A folder with the certificates of a server on this machine: <c>ca.pem</c> to trust, <c>server.pem</c> and <c>server.key</c> to serve
/// with. What is there is used; an empty folder is filled.
/// </summary>
internal sealed class TlsFolder
{
    private const string Authority = "ca.pem";
    private const string Certificate = "server.pem";
    private const string Key = "server.key";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private readonly string _path;

    private TlsFolder(string path) => _path = path;

    /// <summary>The authority that clients trust, in PEM.</summary>
    public string TrustedRoots => File.ReadAllText(PathOf(Authority));

    /// <summary>The certificate and key of the server.</summary>
    public X509Certificate2 ServerCertificate => X509Certificate2.CreateFromPemFile(PathOf(Certificate), PathOf(Key));

    /// <summary>The folder, filled if it holds no certificate yet.</summary>
    public static TlsFolder Open(string path)
    {
        var folder = new TlsFolder(path);
        Directory.CreateDirectory(path);
        if (!File.Exists(folder.PathOf(Certificate)))
        {
            folder.Fill(TimeProvider.System.GetUtcNow());
        }

        return folder;
    }

    private static CertificateRequest Request(string name, ECDsa key) =>
        new($"CN={name}", key, HashAlgorithmName.SHA256);

    private string PathOf(string name) => Path.Combine(_path, name);

    private void Fill(DateTimeOffset now)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = Request("Conformance authority", authorityKey);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddHours(-1), now + Lifetime);

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serverRequest = Request("localhost", serverKey);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        serverRequest.CertificateExtensions.Add(names.Build());
        serverRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var server = serverRequest.Create(authority, now.AddHours(-1), now + Lifetime, RandomNumberGenerator.GetBytes(8));

        File.WriteAllText(PathOf(Authority), authority.ExportCertificatePem());
        WriteKey(serverKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf(Certificate), server.ExportCertificatePem());
    }

    private void WriteKey(string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(PathOf(Key), options);
        writer.Write(pem);
    }
}
