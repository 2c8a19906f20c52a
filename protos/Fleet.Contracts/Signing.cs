using System.Security.Cryptography;
using System.Text;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Contracts;

/// <summary>What a signature was made for. A signature of one domain never fits another.</summary>
public enum SigningDomain
{
    /// <summary>A <c>Command</c>.</summary>
    Command,

    /// <summary>A <c>CommandCancel</c>.</summary>
    Cancel,

    /// <summary>A <c>SettlementVerdict</c>.</summary>
    Verdict,

    /// <summary>A <c>ClosingProof</c>.</summary>
    Proof,

    /// <summary>A <c>Heartbeat</c>.</summary>
    Heartbeat,

    /// <summary>An approver's word on the <c>order</c> of a <c>Command</c>.</summary>
    Approval,

    /// <summary>A <c>TrustBundle</c>.</summary>
    Trust,

    /// <summary>A <c>CertificateIssued</c>.</summary>
    Certificate,
}

/// <summary>
/// Signs and checks <see cref="SignedEnvelope"/>: ECDSA P-256 with SHA-256 in IEEE P1363 format over
/// <c>domain || 0x00 || payload</c>.
/// </summary>
public static class Signing
{
    /// <summary>Identifies a public key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo, lower-case hex.</summary>
    public static string KeyId(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo).AsSpan(0, 16));

    /// <summary>Puts a message into an envelope with one signature.</summary>
    public static SignedEnvelope Sign(SigningDomain domain, IMessage payload, ECDsa key)
    {
        var bytes = payload.ToByteString();
        return new SignedEnvelope { Payload = bytes, Signatures = { Sign(domain, bytes.Span, key) } };
    }

    /// <summary>One signature over bytes as they are.</summary>
    public static Signature Sign(SigningDomain domain, ReadOnlySpan<byte> payload, ECDsa key) => new()
    {
        KeyId = KeyId(key.ExportSubjectPublicKeyInfo()),
        Value = UnsafeByteOperations.UnsafeWrap(key.SignData(ToBeSigned(domain, payload), HashAlgorithmName.SHA256)),
    };

    /// <summary>
    /// Key ids of <paramref name="bundle"/> with the role <paramref name="role"/> whose signature fits. Empty: believe nothing of it.
    /// A key that signed twice counts once.
    /// </summary>
    public static IReadOnlySet<string> ValidSigners(
        SigningDomain domain, SignedEnvelope envelope, TrustBundle bundle, TrustedKey.Types.Role role) =>
        ValidKeys(domain, envelope.Payload.Span, envelope.Signatures, bundle, role).Select(static k => KeyId(k.PublicKey.Span)).ToHashSet(StringComparer.Ordinal);

    /// <summary>Keys of <paramref name="bundle"/> with the role whose signature over <paramref name="payload"/> is among <paramref name="signatures"/>, each once.</summary>
    public static IReadOnlyList<TrustedKey> ValidKeys(
        SigningDomain domain, ReadOnlySpan<byte> payload, IEnumerable<Signature> signatures, TrustBundle bundle, TrustedKey.Types.Role role)
    {
        var keys = new List<TrustedKey>();
        var signed = ToBeSigned(domain, payload);
        foreach (var signature in signatures)
        {
            var key = bundle.Keys.FirstOrDefault(k => k.Roles.Contains(role) && IsKey(k, signature.KeyId));
            if (key is not null && !keys.Contains(key) && Verify(key.PublicKey.Span, signed, signature.Value.Span))
            {
                keys.Add(key);
            }
        }

        return keys;
    }

    /// <summary>True when the envelope carries a fitting signature of exactly this public key.</summary>
    public static bool IsSignedBy(SigningDomain domain, SignedEnvelope envelope, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var keyId = KeyId(subjectPublicKeyInfo);
        var signed = ToBeSigned(domain, envelope.Payload.Span);
        foreach (var signature in envelope.Signatures)
        {
            if (signature.KeyId == keyId && Verify(subjectPublicKeyInfo, signed, signature.Value.Span))
            {
                return true;
            }
        }

        return false;
    }

    // The id is computed, never taken from the bundle: an id that does not belong to its key would let one key speak for another.
    private static bool IsKey(TrustedKey key, string keyId) => KeyId(key.PublicKey.Span) == keyId;

    private static bool Verify(ReadOnlySpan<byte> subjectPublicKeyInfo, byte[] signed, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            // A key or signature that is no such thing is a signature that does not fit.
            return false;
        }
    }

    private static byte[] ToBeSigned(SigningDomain domain, ReadOnlySpan<byte> payload)
    {
        var name = Name(domain);
        var bytes = new byte[name.Length + 1 + payload.Length];
        Encoding.ASCII.GetBytes(name, bytes);
        payload.CopyTo(bytes.AsSpan(name.Length + 1));
        return bytes;
    }

    private static string Name(SigningDomain domain) => domain switch
    {
        SigningDomain.Command => "fleet-command-v1",
        SigningDomain.Cancel => "fleet-cancel-v1",
        SigningDomain.Verdict => "fleet-verdict-v1",
        SigningDomain.Proof => "fleet-proof-v1",
        SigningDomain.Heartbeat => "fleet-heartbeat-v1",
        SigningDomain.Approval => "fleet-approval-v1",
        SigningDomain.Trust => "fleet-trust-v1",
        SigningDomain.Certificate => "fleet-certificate-v1",
        _ => throw new ArgumentOutOfRangeException(nameof(domain), domain, "no such signing domain"),
    };
}
