using System.Net.Sockets;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>A call that met the end of its connection before anything of it left is sent again, any other is not.</summary>
[CancelAfter(60_000)]
public sealed class UnsentTests
{
    private static readonly Exception[] Ends =
    [
        new HttpRequestException(HttpRequestError.HttpProtocolError, "closed", new HttpProtocolException(0, "The server closed the connection.", null)),
        new HttpRequestException(HttpRequestError.ResponseEnded, "ended", new HttpIOException(HttpRequestError.ResponseEnded, "ended")),
        new HttpRequestException(HttpRequestError.Unknown, "failed", new IOException("reset", new SocketException((int)SocketError.ConnectionReset))),
    ];

    private static readonly TestCaseData[] OtherFailures =
    [
        new(new HttpRequestException(HttpRequestError.HttpProtocolError, "calm", new HttpProtocolException(0xb, "Enhance your calm.", null)), StatusCode.ResourceExhausted),
        new(new HttpRequestException(HttpRequestError.HttpProtocolError, "refused", new HttpProtocolException(0x7, "Refused.", null)), StatusCode.Unavailable),
        new(new HttpRequestException(HttpRequestError.InvalidResponse, "odd", new HttpIOException(HttpRequestError.InvalidResponse, "odd")), StatusCode.Unavailable),
        new(new HttpRequestException(HttpRequestError.VersionNegotiationError, "no HTTP/2"), StatusCode.Internal),
        new(new HttpRequestException(HttpRequestError.SecureConnectionError, "no TLS", new IOException("eof")), StatusCode.Unavailable),
        new(new HttpRequestException(HttpRequestError.ConnectionError, "nobody", new SocketException((int)SocketError.ConnectionRefused)), StatusCode.Unavailable),
        new(new HttpRequestException("nobody knows"), StatusCode.Internal),
        new(new InvalidOperationException("a handler's own fault"), StatusCode.Internal),
    ];

    [TestCaseSource(nameof(Ends))]
    public async Task Unary_call_that_never_left_is_sent_again_on_another_connection(Exception end)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, _) => Task.FromResult(Messages.Response(request.Payload.Body.Length));
        using var handler = new Cutting(end) { Times = 5 };
        var answer = await Client(world, handler).UnaryCallAsync(Messages.Request(7), new Metadata { { "once", "a" } });
        Assert.That(answer.Payload.Body, Has.Length.EqualTo(7));
        Assert.That(handler.Sent, Is.EqualTo(6));
        Assert.That(handler.Metadata, Is.EqualTo(Enumerable.Repeat("a", 6)), "each is a request of its own");
    }

    [Test]
    public async Task Stream_of_requests_that_never_left_arrives_whole()
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Input = static async (requests, _) =>
        {
            var size = 0;
            while (await requests.MoveNext(CancellationToken.None))
            {
                size += requests.Current.Payload.Body.Length;
            }

            return new StreamingInputCallResponse { AggregatedPayloadSize = size };
        };
        using var handler = new Cutting(Ends[0]) { Times = 2 };
        using var call = Client(world, handler).StreamingInputCall();
        await call.RequestStream.WriteAsync(Messages.Input(10));
        await call.RequestStream.WriteAsync(Messages.Input(20));
        await call.RequestStream.CompleteAsync();
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(30));
        Assert.That(handler.Sent, Is.EqualTo(3));
    }

    [TestCaseSource(nameof(Ends))]
    public async Task Call_whose_message_may_have_left_is_not_sent_again(Exception end)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var handler = new Cutting(end) { Times = 1, ReadsBody = true };
        Assert.That(async () => await Client(world, handler).UnaryCallAsync(Messages.Request()), Throws.InstanceOf<RpcException>());
        Assert.That(handler.Sent, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(OtherFailures))]
    public async Task Another_failure_is_not_sent_again_and_told_as_what_it_is(Exception failure, StatusCode code)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var handler = new Cutting(failure) { Times = 1 };
        var told = Assert.ThrowsAsync<RpcException>(async () => await Client(world, handler).UnaryCallAsync(Messages.Request()))!;
        Assert.That(told.StatusCode, Is.EqualTo(code));
        Assert.That(told.Status.DebugException, Is.SameAs(failure));
        Assert.That(handler.Sent, Is.EqualTo(1));
    }

    [Test]
    public async Task Connections_that_all_end_fail_the_call_after_five_more()
    {
        await using var world = await GrpcWorld.StartAsync();
        using var handler = new Cutting(Ends[1]) { Times = int.MaxValue };
        var failure = Assert.ThrowsAsync<RpcException>(async () => await Client(world, handler).UnaryCallAsync(Messages.Request()))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(handler.Sent, Is.EqualTo(6));
    }

    [Test]
    public async Task Deadline_ends_a_call_that_is_sent_again()
    {
        await using var world = await GrpcWorld.StartAsync();
        using var handler = new Cutting(Ends[0]) { Times = 1, HangsAfterwards = true };
        var failure = Assert.ThrowsAsync<RpcException>(async () => await Client(world, handler)
            .UnaryCallAsync(Messages.Request(), deadline: Messages.In(TimeSpan.FromMilliseconds(200))))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(handler.Sent, Is.EqualTo(2));
    }

    // What really happens: the transport's own race, not a made up exception.
    [Test]
    public async Task No_call_fails_while_connections_are_closed_gracefully_after_each_answer(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, context) =>
        {
            context.GetHttpContext().Connection.RequestClose();
            return Task.FromResult(Messages.Response());
        };
        for (var i = 0; i < 300; i++)
        {
            await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }
    }

    private static TestService.TestServiceClient Client(GrpcWorld world, HttpMessageHandler handler) =>
        new(world.NewChannel(new GrpcChannelOptions { HttpHandler = handler }));

    private sealed class Cutting(Exception failure) : DelegatingHandler(new SocketsHttpHandler())
    {
        public int Times { get; init; }

        public bool ReadsBody { get; init; }

        public bool HangsAfterwards { get; init; }

        public int Sent { get; private set; }

        public List<string> Metadata { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent++;
            if (request.Headers.TryGetValues("once", out var values))
            {
                Metadata.Add(string.Join(',', values));
                request.Headers.Add("once", "changed");
            }

            if (Sent <= Times)
            {
                if (ReadsBody)
                {
                    await request.Content!.ReadAsByteArrayAsync(cancellationToken);
                }

                throw failure;
            }

            if (HangsAfterwards)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
