using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Testing;
using Status = Grpc.Core.Status;

namespace Fleet.Grpc.Server.Tests.Calls;

[CancelAfter(60_000)]
public sealed class StatusTests
{
    [Test]
    public async Task Every_code_and_its_text_cross_the_wire([Range(1, 16)] int code, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        const string Text = "50 % of \"it\"\r\n\tgrün ☺ 😈";
        world.Service.Unary = (_, _) => throw new RpcException(new Status((StatusCode)code, Text));
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.StatusCode, Is.EqualTo((StatusCode)code));
        Assert.That(failure.Status.Detail, Is.EqualTo(Text));
    }

    [Test]
    public async Task Trailers_of_an_exception_reach_the_client(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new RpcException(
            new Status(StatusCode.Aborted, "no"), new Metadata { { "why", "text" }, { "why-bin", [1, 2, 255] } });
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.Trailers.GetValue("why"), Is.EqualTo("text"));
        Assert.That(failure.Trailers.GetValueBytes("why-bin"), Is.EqualTo(new byte[] { 1, 2, 255 }));
    }

    [Test]
    public async Task Rich_status_is_read_back_with_its_details(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw Rich().ToRpcException();
        var failure = await FailureAsync(world, cancellationToken);
        var status = failure.GetRpcStatus();
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        Assert.That(status?.GetDetail<ErrorInfo>()?.Reason, Is.EqualTo("BATCH_OPEN"));
        Assert.That(status?.GetDetail<BadRequest>()?.FieldViolations.Single().Field, Is.EqualTo("terminal.store"));
        Assert.That(status?.GetDetail<RetryInfo>()?.RetryDelay.Seconds, Is.EqualTo(30));
        Assert.That(status?.GetDetail<Help>(), Is.Null);
    }

    [Test]
    public async Task Unexpected_exception_hides_its_text(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new InvalidOperationException("the secret");
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(failure.Status.Detail, Does.Not.Contain("secret"));
        Assert.That(world.Errors.Entries, Has.Count.EqualTo(1));
        world.Errors.Clear();
    }

    [Test]
    public async Task Detailed_errors_tell_the_exception(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.EnableDetailedErrors = true);
        world.Service.Unary = static (_, _) => throw new InvalidOperationException("the reason", new IOException("behind it"));
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.Status.Detail, Is.EqualTo("Exception was thrown by handler. InvalidOperationException: the reason IOException: behind it"));
        world.Errors.Clear();
    }

    [Test]
    public async Task Status_set_on_the_context_ends_the_call_without_an_exception(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, context) =>
        {
            context.Status = new Status(StatusCode.NotFound, "gone");
            return Task.FromResult(new SimpleResponse());
        };
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.NotFound, "gone")));
    }

    [Test]
    public async Task Null_response_is_a_failure(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => Task.FromResult<SimpleResponse>(null!);
        var failure = await FailureAsync(world, cancellationToken);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    [Test]
    public async Task Failure_after_some_responses_follows_them(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await responses.WriteAsync(Messages.Output(2), context.CancellationToken);
            throw new RpcException(new Status(StatusCode.DataLoss, "torn"));
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.DataLoss, "torn")));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.DataLoss));
    }

    [Test]
    public async Task Status_interceptor_translates_refusals_and_leaves_others(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.Interceptors.Add<RefusalDoor>());
        world.Service.Unary = static (request, _) => request.FillUsername
            ? throw new TimeoutException("busy")
            : throw new RpcException(new Status(StatusCode.OutOfRange, "as it is"));
        world.Service.Output = static (_, _) => throw new TimeoutException("busy");

        var translated = Assert.ThrowsAsync<RpcException>(async () =>
            await world.Client.UnaryCallAsync(new SimpleRequest { FillUsername = true }, cancellationToken: cancellationToken));
        Assert.That(translated.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(translated.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason, Is.EqualTo("BUSY"));
        Assert.That((await FailureAsync(world, cancellationToken)).StatusCode, Is.EqualTo(StatusCode.OutOfRange));

        using var stream = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var streamed = Assert.ThrowsAsync<RpcException>(async () => await stream.ResponseStream.MoveNext(cancellationToken));
        Assert.That(streamed.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason, Is.EqualTo("BUSY"));
    }

    private static Google.Rpc.Status Rich() => new()
    {
        Code = (int)Code.FailedPrecondition,
        Message = "not now",
        Details =
        {
            Any.Pack(new ErrorInfo { Reason = "BATCH_OPEN", Domain = "example.com" }),
            Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "terminal.store", Description = "unknown" } } }),
            Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)) }),
        },
    };

    private static async Task<RpcException> FailureAsync(GrpcWorld world, CancellationToken cancellationToken)
    {
        try
        {
            await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }
        catch (RpcException e)
        {
            return e;
        }

        throw new AssertionException("The call succeeded.");
    }

    private sealed class RefusalDoor : StatusInterceptor
    {
        protected override Google.Rpc.Status? Translate(Exception exception, ServerCallContext context) => exception is TimeoutException
            ? new Google.Rpc.Status
            {
                Code = (int)Code.Unavailable,
                Message = exception.Message,
                Details = { Any.Pack(new ErrorInfo { Reason = "BUSY", Domain = "example.com" }) },
            }
            : null;
    }
}
