using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Contracts;

/// <summary>
/// The one-time token that turns an agent into a terminal's agent: <c>{terminal}.{secret}.{fingerprint}</c>. The fingerprint
/// is the SHA-256 of the fleet CA certificate, so that the agent knows the right server before it trusts anything else.
/// Secret and fingerprint are base64url without padding.
/// </summary>
public sealed record EnrollmentToken(TerminalId Terminal, string Secret, string CaFingerprint)
{
    private const int SecretBytes = 24;

    /// <summary>Makes a token for a terminal.</summary>
    /// <param name="terminal">Terminal it is for.</param>
    /// <param name="caCertificate">Fleet CA certificate in DER.</param>
    public static EnrollmentToken Create(TerminalId terminal, ReadOnlySpan<byte> caCertificate) =>
        new(terminal, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)), FingerprintOf(caCertificate));

    /// <summary>Fingerprint of a CA certificate in DER, as the token carries it.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> caCertificate) => Base64Url.EncodeToString(SHA256.HashData(caCertificate));

    /// <summary>What the server keeps instead of the secret: lower-case hex of its SHA-256.</summary>
    public string SecretHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Secret)));

    /// <summary>Reads a token; false with the part that is wrong.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EnrollmentToken? token, [NotNullWhen(false)] out string? error)
    {
        token = null;
        var parts = text?.Split('.') ?? [];
        error = parts switch
        {
            { Length: not 3 } => "An enrolment token has three parts with dots between them.",
            _ when !TerminalId.TryParse(parts[0], out _) => "The first part of the enrolment token is no terminal id.",
            _ when !IsBase64Url(parts[1], SecretBytes) => "The second part of the enrolment token is damaged.",
            _ when !IsBase64Url(parts[2], SHA256.HashSizeInBytes) => "The third part of the enrolment token is damaged.",
            _ => null,
        };

        if (error is not null)
        {
            return false;
        }

        token = new EnrollmentToken(TerminalId.Parse(parts[0]), parts[1], parts[2]);
        return true;
    }

    /// <summary>The token as it is handed out.</summary>
    public override string ToString() => $"{Terminal}.{Secret}.{CaFingerprint}";

    private static bool IsBase64Url(string text, int bytes) => Base64Url.IsValid(text, out var length) && length == bytes;
}
