using Fleet.Server.Domain;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary>Feeds a Watch stream until the caller leaves, the feed ends, or the server stops.</summary>
public sealed class Watching(IHostApplicationLifetime lifetime)
{
    /// <summary>Writes every change; a stopping server ends the stream with UNAVAILABLE, from where a resume token leads on.</summary>
    public async Task RunAsync<T, TMessage>(
        IChangeFeed<T> feed, Func<Change<T>, TMessage> message, IServerStreamWriter<TMessage> stream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);

        // Headers first: a caller must learn that the watch stands before the first change happens.
        await context.WriteResponseHeadersAsync([]);
        try
        {
            await foreach (var change in feed.ReadAsync(end.Token))
            {
                await stream.WriteAsync(message(change), end.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping; watch again with the last resume_token."));
        }
    }
}
