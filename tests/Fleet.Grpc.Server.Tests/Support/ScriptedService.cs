using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>A service whose methods are what the test says.</summary>
internal sealed class ScriptedService : TestService.TestServiceBase
{
    public Func<SimpleRequest, ServerCallContext, Task<SimpleResponse>> Unary { get; set; } =
        static (_, _) => Task.FromResult(new SimpleResponse());

    public Func<IAsyncStreamReader<StreamingInputCallRequest>, ServerCallContext, Task<StreamingInputCallResponse>> Input { get; set; } =
        static (_, _) => Task.FromResult(new StreamingInputCallResponse());

    public Func<IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Output { get; set; } =
        static (_, _) => Task.CompletedTask;

    public Func<IAsyncStreamReader<StreamingOutputCallRequest>, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Duplex { get; set; } =
        static (_, _, _) => Task.CompletedTask;

    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => Unary(request, context);

    public override Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, ServerCallContext context) => Unary(request, context);

    public override Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context) => Input(requestStream, context);

    public override Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context) =>
        Output(responseStream, context);

    public override Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context) => Duplex(requestStream, responseStream, context);
}
