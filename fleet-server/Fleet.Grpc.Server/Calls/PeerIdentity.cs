using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What a client certificate says of the client, under the property names of the other gRPC implementations.</summary>
internal static class PeerIdentity
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";
    private const string AlternativeNameOid = "2.5.29.17";

    private static readonly AuthContext Unauthenticated = new(null, []);

    public static AuthContext Of(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return Unauthenticated;
        }

        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        string? identity = null;
        var common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (!string.IsNullOrEmpty(common))
        {
            properties[CommonName] = [Property(CommonName, common)];
            identity = CommonName;
        }

        var alternative = AlternativeNames(certificate).Select(static n => Property(AlternativeName, n)).ToList();
        if (alternative.Count > 0)
        {
            properties[AlternativeName] = alternative;
            identity = AlternativeName;
        }

        return new AuthContext(identity, properties);
    }

    private static AuthProperty Property(string name, string value) => AuthProperty.Create(name, Encoding.UTF8.GetBytes(value));

    private static IEnumerable<string> AlternativeNames(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.FirstOrDefault(static e => e.Oid?.Value == AlternativeNameOid);
        if (extension is null)
        {
            return [];
        }

        var names = new X509SubjectAlternativeNameExtension(extension.RawData);
        return [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(static a => a.ToString())];
    }
}
