using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Calls;

/// <summary>Deadlines that are far, odd, or met by both sides at once.</summary>
[CancelAfter(60_000)]
public sealed class DeadlineEdgeTests
{
    [Test]
    public async Task Deadline_is_an_option_and_no_header_replaces_it(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        DateTime? seen = null;
        world.Service.Unary = (_, context) =>
        {
            seen = context.Deadline;
            return Task.FromResult(Messages.Response());
        };
        var header = new Metadata { { "grpc-timeout", "1S" } };
        var deadline = Messages.In(TimeSpan.FromMinutes(5));
        await world.Client.UnaryCallAsync(Messages.Request(), header, deadline, cancellationToken);
        Assert.That(seen, Is.EqualTo(deadline).Within(TimeSpan.FromSeconds(30)));
        await world.Client.UnaryCallAsync(Messages.Request(), header, DateTime.MaxValue, cancellationToken);
        Assert.That(seen, Is.EqualTo(DateTime.MaxValue), "which is none");
    }

    [Test]
    public async Task Deadline_of_another_kind_of_time_is_refused_at_once(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var local = DateTime.SpecifyKind(Messages.In(TimeSpan.FromHours(1)), DateTimeKind.Local);
        Assert.That(
            () => world.Client.UnaryCallAsync(Messages.Request(), deadline: local, cancellationToken: cancellationToken),
            Throws.InvalidOperationException.With.Message.StartsWith("Deadline must have a kind DateTimeKind.Utc"));
        using var past = world.Client.UnaryCallAsync(Messages.Request(), deadline: DateTime.MinValue, cancellationToken: cancellationToken);
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await past).StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Deadline_beyond_the_reach_of_a_timer_is_kept_by_the_client(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        var clock = new TestClock();
        using var call = Client(world, clock).UnaryCallAsync(
            Messages.Request(), deadline: clock.GetUtcNow().UtcDateTime.AddDays(60), cancellationToken: cancellationToken);
        clock.Advance(TimeSpan.FromDays(59));
        Assert.That(call.GetStatus, Throws.InvalidOperationException, "not complete");
        clock.Advance(TimeSpan.FromDays(1));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await call).StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Deadline_beyond_the_reach_of_a_timer_is_kept_by_the_server(CancellationToken cancellationToken)
    {
        var clock = new TestClock();
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.AddSingleton<TimeProvider>(clock));
        var began = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            began.SetResult(context.CancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        using var call = world.Client.UnaryCallAsync(
            Messages.Request(), deadline: Messages.In(TimeSpan.FromDays(60)), cancellationToken: cancellationToken);
        var token = await began.Task.WaitAsync(cancellationToken);
        clock.Advance(TimeSpan.FromDays(59));
        Assert.That(token.IsCancellationRequested, Is.False);
        clock.Advance(TimeSpan.FromDays(2));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await call).StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [TestCase(false, StatusCode.Cancelled)]
    [TestCase(true, StatusCode.DeadlineExceeded)]
    public async Task Server_that_resets_the_call_after_its_deadline_exceeded_it(bool late, StatusCode code, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (_, context) =>
        {
            began.SetResult();
            await release.Task;
            context.GetHttpContext().Features.GetRequiredFeature<IHttpResetFeature>().Reset(8);
        };
        var clock = new TestClock();
        using var call = Client(world, clock).StreamingOutputCall(
            new StreamingOutputCallRequest(), deadline: clock.GetUtcNow().UtcDateTime.AddMinutes(1), cancellationToken: cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        if (late)
        {
            // The timer of the client has not fired yet.
            clock.SetWallClock(clock.GetUtcNow().AddMinutes(1));
        }

        release.SetResult();
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.That(failure.StatusCode, Is.EqualTo(code));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(code));
    }

    [Test]
    public async Task Service_is_refused_writes_after_the_deadline_and_sees_the_status(CancellationToken cancellationToken)
    {
        var clock = new TestClock();
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.AddSingleton<TimeProvider>(clock));
        var seen = new TaskCompletionSource<(Exception?, StatusCode)>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), CancellationToken.None);
            var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            context.CancellationToken.Register(passed.SetResult);
            await passed.Task;
            var failure = Assert.CatchAsync(() => responses.WriteAsync(Messages.Output(2), CancellationToken.None));
            seen.SetResult((failure, context.Status.StatusCode));
        };
        using var call = world.Client.StreamingOutputCall(
            new StreamingOutputCallRequest(), new Metadata(), Messages.In(TimeSpan.FromHours(1)), cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        clock.Advance(TimeSpan.FromHours(2));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded")));
        var (refused, status) = await seen.Task.WaitAsync(cancellationToken);
        Assert.That(refused, Is.InstanceOf<InvalidOperationException>().With.Message.EqualTo("Can't write the message because the request is complete."));
        Assert.That(status, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Error_before_the_deadline_is_told_as_it_is(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Yield();
            Assert.That(context.CancellationToken.IsCancellationRequested, Is.False);
            throw new RpcException(new Status(StatusCode.Aborted, "first"));
        };
        using var call = world.Client.UnaryCallAsync(
            Messages.Request(), deadline: Messages.In(TimeSpan.FromHours(1)), cancellationToken: cancellationToken);
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await call).Status, Is.EqualTo(new Status(StatusCode.Aborted, "first")));
    }

    [Test]
    public async Task Client_writes_nothing_after_the_deadline(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Input = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return new StreamingInputCallResponse();
        };
        var clock = new TestClock();
        using var call = Client(world, clock).StreamingInputCall(
            deadline: clock.GetUtcNow().UtcDateTime.AddMinutes(1), cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var use in new Func<Task>[] { () => call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken), () => call.ResponseAsync })
        {
            Assert.That(Assert.ThrowsAsync<RpcException>(async () => await use()).StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        }
    }

    private static TestService.TestServiceClient Client(GrpcWorld world, TestClock clock) => new(world.NewChannel(new GrpcChannelOptions
    {
        ServiceProvider = new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider(),
    }));
}
