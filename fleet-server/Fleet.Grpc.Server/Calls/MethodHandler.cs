using Grpc.AspNetCore.Web;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Serves the calls of one method; the four shapes differ in what lies between beginning and end.</summary>
internal abstract class MethodHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodSettings settings)
    where TRequest : class
    where TResponse : class
{
    private readonly Lazy<Marshaller<TRequest>?> _jsonRequests = new(JsonMarshaller.For<TRequest>);
    private readonly Lazy<Marshaller<TResponse>?> _jsonResponses = new(JsonMarshaller.For<TResponse>);

    /// <summary>Serves one HTTP request.</summary>
    public Task ServeAsync(HttpContext http)
    {
        var wire = WireSelection.For(http.Request.ContentType, method.Type);
        if (wire is null || (wire.IsJson && _jsonRequests.Value is null) || (wire is GrpcWebWire && IsWebDisabled(http)))
        {
            return UnknownMethod.RefuseContentAsync(http, method);
        }

        if (wire.NeedsHttp2 && !HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            return UnknownMethod.RefuseProtocolAsync(http);
        }

        return ServeCallAsync(new ServerCall(http, wire, method, settings));
    }

    /// <summary>Serves one GET request: a call in the query.</summary>
    public Task ServeGetAsync(HttpContext http) =>
        ConnectGetWire.For(http.Request.Query) is { } wire && (!wire.IsJson || _jsonRequests.Value is not null)
            ? ServeCallAsync(new ServerCall(http, wire, method, settings))
            : UnknownMethod.RefuseContentAsync(http, method);

    /// <summary>Takes the requests, calls the service, writes the responses.</summary>
    protected abstract Task ServeAsync(ServerCall call);

    protected Marshaller<TRequest> Requests(ServerCall call) => call.Wire.IsJson ? _jsonRequests.Value! : method.RequestMarshaller;

    protected Marshaller<TResponse> Responses(ServerCall call) => call.Wire.IsJson ? _jsonResponses.Value! : method.ResponseMarshaller;

    protected static void WriteResponse(ServerCall call, TResponse? response, Marshaller<TResponse> marshaller)
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        if (call.Status.StatusCode == StatusCode.OK)
        {
            call.WriteSingle(response, marshaller);
        }
    }

    private static bool IsWebDisabled(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<IGrpcWebEnabledMetadata>() is { GrpcWebEnabled: false };

    private async Task ServeCallAsync(ServerCall call)
    {
        await using var _ = call;
        Exception? failure = null;
        try
        {
            call.Begin();
            await ServeAsync(call);
        }
        catch (Exception e)
        {
            failure = e;
        }

        await call.EndAsync(failure);
    }
}
