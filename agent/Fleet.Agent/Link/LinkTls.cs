using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Link;

/// <summary>
/// TLS towards the server: only a chain that ends in the fleet's own authority counts, whatever the machine trusts. Once the agent is enrolled
/// this computer's clock has no say in it either: a clock that was set by years would cut the agent off from whoever could tell it the time,
/// or revive a certificate that is over.
/// </summary>
internal static class LinkTls
{
    /// <summary>For the agents' endpoint: the server is pinned and this device shows its certificate.</summary>
    /// <param name="identity">Who this agent is and whom it believes.</param>
    /// <param name="certificate">One of the two certificates that a renewal leaves valid.</param>
    /// <param name="earliest">It is at least this late: what ended before is over. What begins later may have begun.</param>
    public static SslClientAuthenticationOptions ForDevice(DeviceIdentity identity, X509Certificate2 certificate, DateTimeOffset earliest) => new()
    {
        TargetHost = identity.Host,
        CertificateChainPolicy = PolicyOf(identity.Authority),
        ClientCertificateContext = SslStreamCertificateContext.Create(certificate, [.. identity.Intermediates], offline: true),
        RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsValid(shown, chain, errors, earliest),
    };

    /// <summary>For enrolment: the server is pinned, this device has no certificate yet, and the clock is all there is.</summary>
    public static SslClientAuthenticationOptions Pinned(X509Certificate2 authority) => new() { CertificateChainPolicy = PolicyOf(authority) };

    // The fleet's authority publishes no revocation list; a server certificate is short-lived instead.
    private static X509ChainPolicy PolicyOf(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return policy;
    }

    private static bool IsValid(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors, DateTimeOffset earliest)
    {
        if (shown is not X509Certificate2 certificate || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            throw new AuthenticationException($"the server's certificate is not for this server ({errors})");
        }

        using var again = new X509Chain { ChainPolicy = chain.ChainPolicy.Clone() };
        again.ChainPolicy.VerificationTime = chain.ChainElements.Select(static e => e.Certificate.NotBefore.ToUniversalTime()).Append(earliest.UtcDateTime).Max();
        if (!again.Build(certificate))
        {
            throw new AuthenticationException($"the server's certificate is not valid: {string.Join(", ", again.ChainStatus.Select(static s => s.Status))}");
        }

        return true;
    }
}
