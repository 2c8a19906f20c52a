using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The responses of a streaming call.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => call.WriteStreamedAsync(message, marshaller, WriteOptions);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            call.Cancel();
            return Task.FromCanceled(cancellationToken);
        }

        var written = call.WriteStreamedAsync(message, marshaller, WriteOptions);
        return written.IsCompleted || !cancellationToken.CanBeCanceled ? written : WrittenAsync(written, cancellationToken);
    }

    // The client may have half of it: a write that is given up ends the call.
    private async Task WrittenAsync(Task written, CancellationToken cancellationToken)
    {
        try
        {
            await written.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            call.Cancel();
            throw;
        }
    }
}
