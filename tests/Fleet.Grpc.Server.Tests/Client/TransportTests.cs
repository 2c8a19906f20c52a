using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>What lies below a channel: clients and handlers of the application, and the connections.</summary>
[CancelAfter(60_000)]
public sealed class TransportTests
{
    [Test]
    public async Task Streams_flow_through_an_http_client_of_the_application(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        Echo(world);
        using var http = new HttpClient(new SocketsHttpHandler());
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { HttpClient = http }));
        using var call = client.FullDuplexCall(cancellationToken: cancellationToken);
        for (var i = 1; i < 4; i++)
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Messages.Payload(i) }, cancellationToken);
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
            Assert.That(call.ResponseStream.Current.Payload.Body, Has.Length.EqualTo(i), "each answer comes before the next question");
        }

        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
    }

    [Test]
    public async Task Timeout_of_an_http_client_cancels_the_call(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            context.CancellationToken.Register(() => ended.TrySetResult());
            await ended.Task;
            return Messages.Response();
        };
        using var http = new HttpClient(new SocketsHttpHandler()) { Timeout = TimeSpan.FromMilliseconds(100) };
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { HttpClient = http }));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(failure.Status.Detail, Is.Empty, "it was not the caller");
        Assert.That(failure.Status.DebugException, Is.InstanceOf<OperationCanceledException>());
        await ended.Task.WaitAsync(cancellationToken);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Handlers_of_the_application_are_disposed_if_it_says_so(bool dispose)
    {
        using var handler = new Disposed();
        GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = dispose }).Dispose();
        Assert.That(handler.Times, Is.EqualTo(dispose ? 1 : 0));
    }

    [Test]
    public async Task More_calls_than_a_connection_takes_open_another([Values] bool headersFirst, CancellationToken cancellationToken)
    {
        const int Calls = 210;
        await using var world = await GrpcWorld.StartAsync();
        var connections = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var here = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            connections[context.GetHttpContext().Connection.Id] = true;
            if (headersFirst)
            {
                await context.WriteResponseHeadersAsync([]);
            }

            if (Interlocked.Increment(ref here) == Calls)
            {
                all.SetResult();
            }

            await all.Task;
            return Messages.Response();
        };
        var calls = new List<AsyncUnaryCall<SimpleResponse>>();
        for (var i = 0; i < Calls; i++)
        {
            calls.Add(world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
            if (headersFirst)
            {
                await calls[i].ResponseHeadersAsync;
            }
        }

        await Task.WhenAll(calls.Select(static c => c.ResponseAsync));
        Assert.That(connections, Has.Count.EqualTo(3), "100 streams each");
    }

    [Test]
    public async Task Server_that_answers_no_ping_is_given_up(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                KeepAlivePingDelay = TimeSpan.FromSeconds(1),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
            DisposeHttpClient = true,
        });
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), cancellationToken: cancellationToken);
        using var peer = await listener.AcceptTcpClientAsync(cancellationToken);

        // Settings and their acknowledgement, then silence.
        await peer.GetStream().WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0 }, cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Internal), "the code that the HTTP client has for it");
        Assert.That(failure.Status.Detail, Does.Contain("ping"));
    }

    [Test]
    public async Task Handler_that_opens_its_connections_itself_may_lead_to_a_unix_socket(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "grpc.sock");
        await using var world = await GrpcWorld.StartAsync(configure: b => b.WebHost.ConfigureKestrel(
            k => k.ListenUnixSocket(path, static e => e.Protocols = HttpProtocols.Http2)));
        string? peer = null;
        world.Service.Unary = (_, context) =>
        {
            peer = context.Peer;
            return Task.FromResult(Messages.Response(7));
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
            DisposeHttpClient = true,
        });
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(response.Payload.Body, Has.Length.EqualTo(7));
        Assert.That(peer, Is.EqualTo("unknown"), "no address");
    }

    [Test]
    public async Task Abort_of_the_request_is_internal(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            context.GetHttpContext().Abort();
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
            }
        });
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Internal), failure.Status.Detail);
    }

    private static void Echo(GrpcWorld world) => world.Service.Duplex = static async (requests, responses, context) =>
    {
        await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
        {
            await responses.WriteAsync(Messages.Output(request.Payload.Body.Length), context.CancellationToken);
        }
    };

    private sealed class Disposed : HttpMessageHandler
    {
        public int Times { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            Times++;
            base.Dispose(disposing);
        }
    }
}
