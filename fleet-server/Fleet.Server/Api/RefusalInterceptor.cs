using Fleet.Server.Observe;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.Server.Api;

/// <summary>The one door through which failures leave as gRPC status. What is no refusal leaves without its text: it may hold anything.</summary>
public sealed partial class RefusalInterceptor(ServerMetrics metrics, ILogger<RefusalInterceptor> logger) : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            var response = await continuation(request, context);
            metrics.CallEnded(context.Method, StatusCode.OK);
            return response;
        }
        catch (Exception e)
        {
            throw Translate(e, context);
        }
    }

    /// <inheritdoc/>
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
            metrics.CallEnded(context.Method, StatusCode.OK);
        }
        catch (Exception e)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception failure, ServerCallContext context)
    {
        var status = StatusOf(failure, context);
        metrics.CallEnded(context.Method, status.StatusCode);
        return status;
    }

    private RpcException StatusOf(Exception failure, ServerCallContext context)
    {
        switch (failure)
        {
            case RefusedException refused:
                return refused.Refusal.ToRpcException();
            case RpcException already:
                return already;
            case OperationCanceledException:
                return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
            default:
                LogFailed(logger, failure, context.Method);
                return new RpcException(new Status(StatusCode.Internal, "The server failed; its log says why."));
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "{Method} failed")]
    private static partial void LogFailed(ILogger logger, Exception failure, string method);
}
