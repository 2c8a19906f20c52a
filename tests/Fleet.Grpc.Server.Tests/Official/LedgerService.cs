using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.Extensions.Logging;
using Any = Google.Protobuf.WellKnownTypes.Any;
using Status = Grpc.Core.Status;

namespace Fleet.Grpc.Server.Tests.Official;

// This folder is written against the names of the official packages alone, as an application would be: nothing in it may need ours.

/// <summary>Counts what was said of it; one instance for the whole host.</summary>
internal sealed class Ledger
{
    private int _entries;

    public int Entries => Volatile.Read(ref _entries);

    public void Add() => Interlocked.Increment(ref _entries);
}

/// <summary>A service as an application writes it: four shapes, metadata, status, details, the HTTP request.</summary>
internal sealed class LedgerService : TestService.TestServiceBase
{
    private readonly Ledger _ledger;
    private readonly ILogger<LedgerService> _logger;

    public LedgerService(Ledger ledger, ILoggerFactory loggers)
    {
        _ledger = ledger;
        _logger = loggers.CreateLogger<LedgerService>();
    }

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        _ledger.Add();
        if (request.ResponseSize < 0)
        {
            throw new Google.Rpc.Status
            {
                Code = (int)Code.InvalidArgument,
                Message = "response_size",
                Details =
                {
                    Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "response_size", Description = "not negative" } } }),
                },
            }.ToRpcException();
        }

        await context.WriteResponseHeadersAsync(new Metadata { { "served-by", context.Host }, { "peer", context.Peer.Split(':')[0] } });
        context.ResponseTrailers.Add("method", context.Method);
        context.ResponseTrailers.Add("digest-bin", [1, 2, 3]);
        context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        var user = context.GetHttpContext().User.Identity?.Name ?? context.UserState["user"] as string;
        return new SimpleResponse { Username = user, Payload = new Payload { Body = ByteString.CopyFrom(new byte[request.ResponseSize]) } };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        foreach (var parameters in request.ResponseParameters)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await responseStream.WriteAsync(new StreamingOutputCallResponse { Payload = new Payload { Body = ByteString.CopyFrom(new byte[parameters.Size]) } }, context.CancellationToken);
        }

        if (context.Deadline != DateTime.MaxValue)
        {
            context.Status = new Status(StatusCode.OutOfRange, "with a deadline");
        }
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        var size = 0;
        while (await requestStream.MoveNext())
        {
            size += requestStream.Current.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = size };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            if (request.ResponseStatus is { Code: > 0 } status)
            {
                throw new RpcException(new Status((StatusCode)status.Code, status.Message), new Metadata { { "why", "asked" } }, "asked for it");
            }

            await StreamingOutputCall(request, responseStream, context);
        }
    }

#pragma warning disable CA1848, CA2254 // Applications may log as they like.
    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context)
    {
        _logger.LogInformation("{Authenticated} {Header}", context.AuthContext.IsPeerAuthenticated, context.RequestHeaders.Get("token")?.Value);
        return Task.FromResult(new Empty());
    }
#pragma warning restore CA1848, CA2254
}

/// <summary>Sees every shape, keeps the user for the service, and counts.</summary>
internal sealed class UserInterceptor(Ledger ledger, string fallback) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        context.UserState["user"] = context.RequestHeaders.GetValue("user") ?? fallback;
        return await continuation(request, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ledger.Add();
        return base.ClientStreamingServerHandler(requestStream, context, continuation);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ledger.Add();
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ledger.Add();
        await continuation(requestStream, responseStream, context);
    }
}
