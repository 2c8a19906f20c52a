using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// The one door where exceptions of a service become a <see cref="Google.Rpc.Status"/> with its details. Derive from it, say in
/// <see cref="Translate"/> which exception means what, and add it as the first interceptor.
/// </summary>
public abstract class StatusInterceptor : Interceptor
{
    /// <summary>The status of an exception, null to let it pass: an <see cref="RpcException"/> keeps its status, another becomes Unknown.</summary>
    /// <param name="exception">What the service threw; never an <see cref="RpcException"/>.</param>
    /// <param name="context">The call.</param>
    protected abstract Google.Rpc.Status? Translate(Exception exception, ServerCallContext context);

    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        ServeAsync(context, () => continuation(request, context));

    /// <inheritdoc/>
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        ServeAsync(context, () => continuation(requestStream, context));

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        ServeAsync(context, () => WithoutResult(continuation(request, responseStream, context)));

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        ServeAsync(context, () => WithoutResult(continuation(requestStream, responseStream, context)));

    private static async Task<bool> WithoutResult(Task task)
    {
        await task;
        return true;
    }

    private async Task<T> ServeAsync<T>(ServerCallContext context, Func<Task<T>> serve)
    {
        try
        {
            return await serve();
        }
        catch (Exception e) when (e is not RpcException)
        {
            if (Translate(e, context) is { } status)
            {
                throw status.ToRpcException();
            }

            throw;
        }
    }
}
