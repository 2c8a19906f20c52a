using Fleet.Grpc.Server.Tests.Support;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Fleet.Grpc.Server.Tests.Calls;

/// <summary>What service code meets: headers and trailers it may not send, reads and writes that come too late, features of the request.</summary>
[CancelAfter(60_000)]
public sealed class ServiceSideTests
{
    private const string Control = "This is invalid: \u0011";

    [Test]
    public async Task Headers_are_sent_once_and_at_once(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.EnableDetailedErrors = true);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "key", "one" }, { "key", "two" } });
            await release.Task;
            await context.WriteResponseHeadersAsync([]);
            return Messages.Response();
        };
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        var headers = await call.ResponseHeadersAsync;
        Assert.That(call.ResponseAsync.IsCompleted, Is.False);
        Assert.That(headers.GetAll("key").Select(static e => e.Value), Is.EqualTo(new[] { "one", "two" }));
        release.SetResult();
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.That(
            failure.Status.Detail,
            Is.EqualTo("Exception was thrown by handler. InvalidOperationException: Response headers can only be sent once per call."));
        world.Errors.Clear();
    }

    [Test]
    public async Task Header_that_cannot_be_sent_is_named(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.EnableDetailedErrors = true);
        world.Service.Unary = static async (_, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "name", Control } });
            return Messages.Response();
        };
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(failure.Status.Detail, Does.Contain("Error adding response header 'name'.").And.Contain("0x0011"));
        world.Errors.Clear();
    }

    [Test]
    public async Task Trailer_that_cannot_be_sent_fails_the_request_and_is_named(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, "no"), new Metadata { { "name", Control } });
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.Unknown, "Bad gRPC response. HTTP status code: 500")));
        await Fleet.Testing.Eventually.TrueAsync(
            () => world.Errors.Entries.Any(static e => e.Contains("Error adding response trailer 'name'.", StringComparison.Ordinal)), "the log names it");
        world.Errors.Clear();
    }

    [Test]
    public async Task Trailers_do_not_say_how_the_call_ended([Values] bool fails, [Values] bool streamed, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        void Fill(ServerCallContext context)
        {
            context.ResponseTrailers.Add("grpc-status", "7");
            context.ResponseTrailers.Add("grpc-message", "All is good");
            context.ResponseTrailers.Add("mine", "kept");
            context.Status = fails ? new Status(StatusCode.Aborted, "as it is") : Status.DefaultSuccess;
        }

        world.Service.Unary = (_, context) =>
        {
            Fill(context);
            return Task.FromResult(Messages.Response());
        };
        world.Service.Output = async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            Fill(context);
        };
        using var output = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        using var unary = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        try
        {
            while (streamed && await output.ResponseStream.MoveNext(cancellationToken))
            {
            }

            await (streamed ? Task.CompletedTask : unary.ResponseAsync);
        }
        catch (RpcException e) when (fails && e.StatusCode == StatusCode.Aborted)
        {
            // As asked.
        }

        var (status, trailers) = streamed ? (output.GetStatus(), output.GetTrailers()) : (unary.GetStatus(), unary.GetTrailers());
        Assert.That(status, Is.EqualTo(fails ? new Status(StatusCode.Aborted, "as it is") : new Status(StatusCode.OK, string.Empty)));
        Assert.That(trailers.GetValue("mine"), Is.EqualTo("kept"));
    }

    [Test]
    public async Task Read_with_a_cancelled_token_leaves_the_call_alone(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Input = static async (requests, _) =>
        {
            await requests.MoveNext(CancellationToken.None);
            var read = requests.MoveNext(new CancellationToken(canceled: true));
            return new StreamingInputCallResponse { AggregatedPayloadSize = read.IsCanceled ? 1 : 0 };
        };
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(1));
    }

    [Test]
    public async Task Reads_and_writes_after_the_client_has_gone_are_refused(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refused = new TaskCompletionSource<(Exception?, Exception?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Duplex = async (requests, responses, context) =>
        {
            await requests.MoveNext(CancellationToken.None);
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            context.CancellationToken.Register(gone.SetResult);
            began.SetResult();
            await gone.Task;
            refused.SetResult((
                Assert.CatchAsync(() => requests.MoveNext(CancellationToken.None)),
                Assert.CatchAsync(() => responses.WriteAsync(Messages.Output(1), CancellationToken.None))));
        };
        using (var call = world.Client.FullDuplexCall(cancellationToken: cancellationToken))
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest(), cancellationToken);
            await began.Task.WaitAsync(cancellationToken);
        }

        var (read, written) = await refused.Task.WaitAsync(cancellationToken);
        Assert.That(read, Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("Can't read messages after the request is complete."));
        Assert.That(written, Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("Can't write the message because the request is complete."));
    }

    [Test]
    public async Task Headers_of_the_protocol_are_no_metadata_and_others_are(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        string[] seen = [];
        world.Service.Unary = (_, context) =>
        {
            seen = [.. context.RequestHeaders.Select(static h => h.Key)];
            return Task.FromResult(Messages.Response());
        };
        var headers = new Metadata { { "grpc-status-details-bin", [1] }, { "grpc-trace-bin", [2] }, { "Mine", "Value" } };
        await world.Client.UnaryCallAsync(Messages.Request(), headers, Messages.In(TimeSpan.FromMinutes(5)), cancellationToken);
        Assert.That(seen, Is.SupersetOf(new[] { "user-agent", "grpc-status-details-bin", "grpc-trace-bin", "mine" }));
        Assert.That(
            seen.Where(static h => h[0] == ':').Concat(seen.Intersect(["te", "host", "content-type", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding"])),
            Is.Empty);
    }

    [Test]
    public async Task Outcome_is_on_the_context_after_the_service(CancellationToken cancellationToken)
    {
        var thrown = new InvalidDataException("torn");
        Status? seen = null;
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await GrpcWorld.StartAsync(map: app => app.Use(async (context, next) =>
        {
            await next(context);
            seen = context.Features.Get<IServerCallContextFeature>()?.ServerCallContext.Status;
            read.SetResult();
        }));
        world.Service.Unary = (_, _) => throw thrown;
        Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        await read.Task.WaitAsync(cancellationToken);
        Assert.That(seen?.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(seen?.DebugException, Is.SameAs(thrown));
        world.Errors.Clear();
    }

    [TestCase(false, false, false)]
    [TestCase(true, false, true)]
    [TestCase(true, true, false)]
    public async Task Time_that_requests_have_is_no_bound_for_streams(bool streamed, bool onMethod, bool lifted, CancellationToken cancellationToken)
    {
        var timeout = new RequestTime();
        await using var world = await GrpcWorld.StartAsync(map: app => app.Use((context, next) =>
        {
            context.Features.Set<IHttpRequestTimeoutFeature>(timeout);
            if (onMethod)
            {
                context.SetEndpoint(new Endpoint(
                    context.GetEndpoint()!.RequestDelegate, new EndpointMetadataCollection(new RequestTimeoutAttribute(100_000)), "bounded"));
            }

            return next(context);
        }));
        if (streamed)
        {
            using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
        }
        else
        {
            await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }

        Assert.That(timeout.IsDisabled, Is.EqualTo(lifted));
    }

    private sealed class RequestTime : IHttpRequestTimeoutFeature
    {
        public bool IsDisabled { get; private set; }

        public CancellationToken RequestTimeoutToken => CancellationToken.None;

        public void DisableTimeout() => IsDisabled = true;
    }
}
