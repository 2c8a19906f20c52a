using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>What channel credentials mean for connections and calls.</summary>
internal sealed class ChannelSecurity : ChannelCredentialsConfiguratorBase
{
    private static readonly object NoState = new();

    /// <summary>TLS or not; null = the credentials say nothing.</summary>
    public bool? IsSecure { get; private set; }

    public List<CallCredentials> CallCredentials { get; } = [];

    /// <summary>TLS settings that differ from those of the operating system, null if there are none.</summary>
    public SslClientAuthenticationOptions? Tls { get; private set; }

    public static ChannelSecurity Of(ChannelCredentials? credentials)
    {
        var security = new ChannelSecurity();
        credentials?.InternalPopulateConfiguration(security, NoState);
        return security;
    }

    public override void SetInsecureCredentials(object state) => IsSecure = false;

    public override void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        IsSecure = true;
        if (rootCertificates is null && keyCertificatePair is null && verifyPeerCallback is null)
        {
            return;
        }

        var roots = rootCertificates is null ? null : Roots(rootCertificates);
        Tls = new SslClientAuthenticationOptions
        {
            ClientCertificates = keyCertificatePair is null ? null : [ClientCertificate(keyCertificatePair)],
            RemoteCertificateValidationCallback = (sender, certificate, _, errors) =>
                Accepts(certificate, errors, roots) && Verified(verifyPeerCallback, sender, certificate),
        };
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        CallCredentials.Add(callCredentials);
    }

    private static X509Certificate2Collection Roots(string pem)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(pem);
        return roots;
    }

    // Through PKCS#12, because the TLS stack of Windows takes no key that lives in memory alone.
    private static X509Certificate2 ClientCertificate(KeyCertificatePair pair)
    {
        using var certificate = X509Certificate2.CreateFromPem(pair.CertificateChain, pair.PrivateKey);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static bool Accepts(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection? roots)
    {
        if (roots is null || certificate is not X509Certificate2 server)
        {
            return errors == SslPolicyErrors.None;
        }

        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(server);
    }

    private static bool Verified(VerifyPeerCallback? callback, object sender, X509Certificate? certificate) =>
        callback is null || callback(new VerifyPeerContext(
            (sender as SslStream)?.TargetHostName ?? string.Empty,
            certificate is X509Certificate2 server ? server.ExportCertificatePem() : string.Empty));
}
