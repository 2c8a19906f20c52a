using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Trust;

/// <summary>A trust bundle that was put in force.</summary>
/// <param name="Bundle">Whom agents believe.</param>
/// <param name="Publisher">Who put it in force; null for the one the server began with.</param>
/// <param name="Published">When; null likewise.</param>
public sealed record TrustView(TrustBundle Bundle, Actor? Publisher, DateTimeOffset? Published);

/// <summary>The fleet's trust bundles, every version that was ever in force.</summary>
public interface ITrustBook
{
    /// <summary>The one in force.</summary>
    /// <param name="initial">What the server began with, before the first was published.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<TrustView> CurrentAsync(TrustBundle initial, CancellationToken cancellationToken);

    /// <summary>
    /// Puts a successor in force, or says why it is none. The same bytes again change nothing. Besides what the roots decide it must go on trusting
    /// the keys of <paramref name="initial"/>, or no agent would obey this server any more.
    /// </summary>
    Task<Answer<TrustView>> PublishAsync(SignedEnvelope envelope, TrustBundle initial, Actor actor, CancellationToken cancellationToken);
}
