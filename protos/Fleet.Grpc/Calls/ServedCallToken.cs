namespace Grpc.Core.Internal;

/// <summary>Deadline and cancellation of a call being served here.</summary>
internal sealed class ServedCallToken(DateTime deadline, ContextPropagationOptions propagate, CancellationToken cancellationToken)
    : ContextPropagationToken
{
    internal override CallOptions Apply(CallOptions options, out IDisposable? linked)
    {
        linked = null;
        if (propagate.IsPropagateDeadline && deadline < (options.Deadline ?? DateTime.MaxValue))
        {
            options = options.WithDeadline(deadline);
        }

        if (!propagate.IsPropagateCancellation || !cancellationToken.CanBeCanceled)
        {
            return options;
        }

        if (!options.CancellationToken.CanBeCanceled)
        {
            return options.WithCancellationToken(cancellationToken);
        }

        var source = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, cancellationToken);
        linked = source;
        return options.WithCancellationToken(source.Token);
    }
}
