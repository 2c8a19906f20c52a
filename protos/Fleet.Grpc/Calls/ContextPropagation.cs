namespace Grpc.Core;

/// <summary>What a call made while serving another takes over from it.</summary>
public class ContextPropagationOptions
{
    /// <summary>Deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Chooses what is taken over.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>The deadline is taken over.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Cancellation is taken over.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>Deadline and cancellation of a call being served.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }

    internal abstract CallOptions Apply(CallOptions options, out IDisposable? linked);
}
