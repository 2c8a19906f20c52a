using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.Server.Trust;

/// <summary>The certificate of the server's doors, in one file with its key so that the two can never be of different age.</summary>
public static class ServerCertificateFile
{
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>
    /// The certificate of the file, or a new one when there is none, when two thirds of its life are over, when it names
    /// other hosts than wanted, or when another root issued it.
    /// </summary>
    public static X509Certificate2 LoadOrIssue(
        string path, FleetCertificateAuthority authority, IReadOnlyList<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        if (File.Exists(path) && Read(path) is { } present)
        {
            if (IsFresh(present, now) && IsIssuedBy(present, authority) && NamesOf(present).SetEquals(names))
            {
                return present;
            }

            present.Dispose();
        }

        using var issued = authority.IssueServer(names, now, lifetime);
        using var key = issued.GetECDsaPrivateKey()!;
        DurableFile.WriteSecret(path, Encoding.ASCII.GetBytes($"{issued.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n"));
        return Read(path) ?? throw new StartRefusedException($"{path} was written and cannot be read back.");
    }

    private static X509Certificate2? Read(string path)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(path);
            if (!OperatingSystem.IsWindows())
            {
                return certificate;
            }

            // The TLS stack of Windows cannot use a key that lives only in memory.
            using (certificate)
            {
                return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
            }
        }
        catch (CryptographicException)
        {
            // Nobody pins this certificate: a damaged one is replaced.
            return null;
        }
    }

    private static bool IsFresh(X509Certificate2 certificate, DateTimeOffset now)
    {
        return now.UtcDateTime >= certificate.NotBefore.ToUniversalTime() && now < DueAt(certificate);
    }

    /// <summary>When two thirds of its life are over.</summary>
    public static DateTimeOffset DueAt(X509Certificate2 certificate)
    {
        var from = certificate.NotBefore.ToUniversalTime();
        return new DateTimeOffset(from + ((certificate.NotAfter.ToUniversalTime() - from) * 2 / 3), TimeSpan.Zero);
    }

    private static bool IsIssuedBy(X509Certificate2 certificate, FleetCertificateAuthority authority)
    {
        var issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var root = authority.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        return issuer is { } i && root is { } r && i.Span.SequenceEqual(r.Span);
    }

    private static HashSet<string> NamesOf(X509Certificate2 certificate)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var extension in certificate.Extensions.Where(static e => e.Oid?.Value == SubjectAlternativeName))
        {
            var alternatives = new X509SubjectAlternativeNameExtension(extension.RawData);
            names.UnionWith(alternatives.EnumerateDnsNames());
            names.UnionWith(alternatives.EnumerateIPAddresses().Select(static a => a.ToString()));
        }

        return names;
    }
}
