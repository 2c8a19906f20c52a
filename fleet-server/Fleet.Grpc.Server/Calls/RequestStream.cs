using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(ServerCall call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private static readonly Task<bool> True = Task.FromResult(true);
    private static readonly Task<bool> False = Task.FromResult(false);

    private T? _current;
    private bool _ended;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: call MoveNext first.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return False;
        }

        var next = call.ReadNextAsync(marshaller, cancellationToken);
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
