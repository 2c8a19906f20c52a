using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Link;

/// <summary>TLS towards the server: only a chain that ends in the fleet's own authority counts, whatever the machine trusts.</summary>
internal static class LinkTls
{
    /// <summary>For the agents' endpoint: the server is pinned and this device shows its certificate.</summary>
    public static SslClientAuthenticationOptions ForDevice(DeviceIdentity identity) => ForDevice(identity, identity.Certificate);

    /// <summary>The same with one of the two certificates that a renewal leaves valid.</summary>
    public static SslClientAuthenticationOptions ForDevice(DeviceIdentity identity, X509Certificate2 certificate) => new()
    {
        TargetHost = identity.Host,
        CertificateChainPolicy = PolicyOf(identity.Authority),
        ClientCertificateContext = SslStreamCertificateContext.Create(certificate, [.. identity.Intermediates], offline: true),
    };

    /// <summary>For enrolment: the server is pinned, this device has no certificate yet.</summary>
    public static SslClientAuthenticationOptions Pinned(X509Certificate2 authority) => new() { CertificateChainPolicy = PolicyOf(authority) };

    // The fleet's authority publishes no revocation list; a server certificate is short-lived instead.
    private static X509ChainPolicy PolicyOf(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return policy;
    }
}
