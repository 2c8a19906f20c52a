using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Trust;
using Fleet.Server.Trust;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary><c>fleet.v1.Trust</c> over the book of trust bundles.</summary>
public sealed class TrustService(ITrustBook book, FleetTrust trust) : V1.Trust.TrustBase
{
    private const int LargestBundle = 16 * 1024;

    /// <inheritdoc/>
    public override async Task<GetTrustBundleResponse> GetTrustBundle(GetTrustBundleRequest request, ServerCallContext context) =>
        From(await book.CurrentAsync(trust.Keys.Bundle, context.CancellationToken));

    /// <inheritdoc/>
    public override async Task<GetTrustBundleResponse> PublishTrustBundle(PublishTrustBundleRequest request, ServerCallContext context)
    {
        if (request.SignedBundle.Length is 0 or > LargestBundle)
        {
            throw new RefusedException(Refusal.Invalid("signed_bundle", $"1 to {LargestBundle} bytes."));
        }

        SignedEnvelope envelope;
        try
        {
            envelope = SignedEnvelope.Parser.ParseFrom(request.SignedBundle);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new RefusedException(Refusal.Invalid("signed_bundle", "It is no signed trust bundle."));
        }

        // For agents that know no root yet. Afterwards it proves nothing and harms nothing.
        envelope.Signatures.Add(trust.Keys.SignTrust(envelope.Payload.Span));
        var published = await book.PublishAsync(envelope, trust.Keys.Bundle, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return From(published.OrRefuse());
    }

    private static GetTrustBundleResponse From(TrustView view) => new()
    {
        TrustBundle = view.Bundle.ToByteString(),
        Publisher = view.Publisher?.ToString() ?? string.Empty,
        PublishTime = MoneyResource.Time(view.Published),
    };
}
