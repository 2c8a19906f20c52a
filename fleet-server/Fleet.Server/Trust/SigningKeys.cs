using System.Security.Cryptography;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Google.Protobuf;

namespace Fleet.Server.Trust;

/// <summary>The server's signing keys: one for what agents obey, one for closing proofs. Owns both.</summary>
public sealed class SigningKeys(ECDsa commandKey, ECDsa proofKey) : ICommandSigner, IDisposable
{
    // One key object is not made for concurrent use; signing takes well under a millisecond.
    private readonly Lock _commandLock = new();
    private readonly Lock _proofLock = new();

    /// <summary>SubjectPublicKeyInfo in DER of the key that closing proofs are signed with.</summary>
    public byte[] ProofPublicKey { get; } = proofKey.ExportSubjectPublicKeyInfo();

    /// <summary>Keys that an agent pins at enrolment.</summary>
    public TrustBundle Bundle { get; } = new()
    {
        Version = 1,
        Keys =
        {
            Trusted(commandKey, TrustedKey.Types.Role.Command),
            Trusted(proofKey, TrustedKey.Types.Role.Proof),
        },
    };

    /// <inheritdoc/>
    public SignedEnvelope Sign(SigningDomain domain, IMessage message)
    {
        if (domain == SigningDomain.Proof)
        {
            lock (_proofLock)
            {
                return Signing.Sign(domain, message, proofKey);
            }
        }

        lock (_commandLock)
        {
            return Signing.Sign(domain, message, commandKey);
        }
    }

    /// <summary>The command key's word on a trust bundle, for agents that know no root yet.</summary>
    public Signature SignTrust(ReadOnlySpan<byte> bundle)
    {
        lock (_commandLock)
        {
            return Signing.Sign(SigningDomain.Trust, bundle, commandKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        commandKey.Dispose();
        proofKey.Dispose();
    }

    private static TrustedKey Trusted(ECDsa key, TrustedKey.Types.Role role)
    {
        var publicKey = key.ExportSubjectPublicKeyInfo();
        return new TrustedKey { KeyId = Signing.KeyId(publicKey), PublicKey = ByteString.CopyFrom(publicKey), Roles = { role } };
    }
}
