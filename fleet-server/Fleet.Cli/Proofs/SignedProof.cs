using Fleet.Cli.Hosting;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Cli.Proofs;

/// <summary>A closing proof as it lies in a file: signed bytes, and what they say.</summary>
public sealed class SignedProof
{
    private readonly SignedEnvelope _envelope;

    private SignedProof(SignedEnvelope envelope, ClosingProof statement) => (_envelope, Statement) = (envelope, statement);

    /// <summary>What it says. Worth nothing until <see cref="IsSignedBy"/> was asked.</summary>
    public ClosingProof Statement { get; }

    /// <summary>The same for people.</summary>
    public string Text => ClosingProofText.Write(Statement);

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="OutcomeException">They are no closing proof.</exception>
    public static SignedProof Read(byte[] bytes, string path)
    {
        try
        {
            var envelope = SignedEnvelope.Parser.ParseFrom(bytes);
            if (envelope.Payload.Length > 0 && envelope.Signatures.Count > 0)
            {
                return new SignedProof(envelope, ClosingProof.Parser.ParseFrom(envelope.Payload));
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // Told below.
        }

        throw new OutcomeException($"{path} is NOT valid: it holds no closing proof, or a damaged one.");
    }

    /// <summary>True when the signature of this key (SubjectPublicKeyInfo) fits the bytes.</summary>
    public bool IsSignedBy(byte[] publicKey) => Signing.IsSignedBy(SigningDomain.Proof, _envelope, publicKey);
}
