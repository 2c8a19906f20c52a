using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(ServerCall call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private static readonly Task<bool> True = Task.FromResult(true);
    private static readonly Task<bool> False = Task.FromResult(false);

    private readonly CancellationToken _ends = call.CancellationToken;
    private T? _current;
    private bool _ended;

    /// <summary>The message of the last read; null before the first and after the last.</summary>
    public T Current => _current!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        if (call.IsComplete || _ends.IsCancellationRequested)
        {
            return Task.FromException<bool>(new InvalidOperationException("Can't read messages after the request is complete."));
        }

        if (_ended)
        {
            return False;
        }

        _current = null;
        var next = call.ReadNextAsync(marshaller, cancellationToken);

        // Most often it is there already: then it is taken here, once and without waiting, and needs no state machine.
        return next.IsCompletedSuccessfully ? Take(next.GetAwaiter().GetResult()) : TakeLaterAsync(next);
    }

    private async Task<bool> TakeLaterAsync(ValueTask<T?> next) => await Take(await next);

    private Task<bool> Take(T? message)
    {
        _current = message;
        _ended = message is null;
        return _ended ? False : True;
    }
}
