using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Server.Domain.Commands;

/// <summary>Signs what agents and auditors are to believe, with the server's key for that domain.</summary>
public interface ICommandSigner
{
    /// <summary>Puts <paramref name="message"/> into an envelope with the signature of the domain's key.</summary>
    SignedEnvelope Sign(SigningDomain domain, IMessage message);
}
