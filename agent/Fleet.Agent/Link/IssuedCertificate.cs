using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Google.Protobuf;

namespace Fleet.Agent.Link;

/// <summary>A certificate that the server made: whether it can be this device's, before anything relies on it.</summary>
internal static class IssuedCertificate
{
    /// <summary>What does not fit; null when everything does.</summary>
    /// <param name="chain">Leaf first, in DER, without the root.</param>
    /// <param name="terminal">Whom it must name.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo of the key it must be for.</param>
    /// <param name="authority">Who must have issued it.</param>
    /// <param name="now">When it must be valid.</param>
    public static string? ProblemOf(IReadOnlyList<ByteString> chain, TerminalId terminal, byte[] publicKey, X509Certificate2 authority, DateTimeOffset now)
    {
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(chain[0].Span);
            return leaf switch
            {
                _ when !leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey) => "the certificate is for another key",
                _ when leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: false) != terminal.Value => "the certificate has another name",
                _ => ProblemOf(leaf, chain, authority, now),
            };
        }
        catch (CryptographicException)
        {
            return "the certificate is unreadable";
        }
    }

    private static string? ProblemOf(X509Certificate2 leaf, IReadOnlyList<ByteString> answered, X509Certificate2 authority, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        foreach (var between in answered.Skip(1))
        {
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(between.Span));
        }

        return chain.Build(leaf)
            ? null
            : $"the certificate is not good here ({string.Join(", ", chain.ChainStatus.Select(static s => s.Status))}); is the clock of this computer right";
    }
}
