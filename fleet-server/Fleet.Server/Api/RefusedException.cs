using Fleet.Server.Domain;

namespace Fleet.Server.Api;

/// <summary>Carries a refusal from a service method to the one door that turns it into a status.</summary>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Text)
{
    /// <summary>The refusal.</summary>
    public Refusal Refusal { get; } = refusal;
}

/// <summary>Takes answers apart.</summary>
public static class AnswerExtensions
{
    /// <summary>The value.</summary>
    /// <exception cref="RefusedException">It was refused.</exception>
    public static T OrRefuse<T>(this Answer<T> answer)
        where T : class =>
        answer.TryGet(out var value, out var refusal) ? value : throw new RefusedException(refusal);
}
