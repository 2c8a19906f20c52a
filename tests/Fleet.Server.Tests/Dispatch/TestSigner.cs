using System.Security.Cryptography;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Google.Protobuf;

namespace Fleet.Server.Tests.Dispatch;

/// <summary>A real key that lives as long as its test.</summary>
public sealed class TestSigner : ICommandSigner, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    public SignedEnvelope Sign(SigningDomain domain, IMessage message) => Signing.Sign(domain, message, _key);

    /// <summary>The message inside, once its signature was checked.</summary>
    public T Open<T>(SigningDomain domain, byte[] envelope, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var signed = SignedEnvelope.Parser.ParseFrom(envelope);
        Assert.That(Signing.IsSignedBy(domain, signed, PublicKey), Is.True);
        return parser.ParseFrom(signed.Payload);
    }

    public void Dispose() => _key.Dispose();
}
