using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Trust;

/// <summary>The certificate request of an agent, reduced to what is believed of it: the key whose possession it proves.</summary>
public static class DeviceRequest
{
    /// <summary>Largest request that is looked at, in bytes.</summary>
    public const int MaximumLength = 4096;

    private const string EllipticCurveKey = "1.2.840.10045.2.1";

    private static readonly byte[] P256 = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    /// <summary>The public key of a PKCS#10 request in DER, or null with what is wrong with it.</summary>
    public static PublicKey? Read(ReadOnlySpan<byte> der, out string fault)
    {
        if (der.Length is 0 or > MaximumLength)
        {
            fault = $"certificate_request: {der.Length} bytes; a PKCS#10 request in DER of at most {MaximumLength} bytes is needed";
            return null;
        }

        try
        {
            // Loading checks the self-signature: the proof of possession.
            var request = CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256, out var consumed);
            if (consumed != der.Length)
            {
                fault = $"certificate_request: {der.Length - consumed} bytes too many behind the request";
                return null;
            }

            var isP256 = request.PublicKey.Oid.Value == EllipticCurveKey && request.PublicKey.EncodedParameters?.RawData.AsSpan().SequenceEqual(P256) == true;
            fault = isP256 ? string.Empty : "certificate_request: the key must be ECDSA on P-256";
            return isP256 ? request.PublicKey : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            fault = "certificate_request: no PKCS#10 request in DER whose own signature fits";
            return null;
        }
    }
}
