using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Grpc.Server.Tests.Official;

/// <summary>Host, service and clients of this folder know the official names only; here they do what they would do with the official packages.</summary>
[CancelAfter(60_000)]
public sealed class OfficialShapeTests
{
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private TestService.TestServiceClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = LedgerHost.Build();
        await _app.StartAsync(CancellationToken.None);
        _channel = LedgerClient.Channel(new Uri(_app.Urls.First()));
        _client = new TestService.TestServiceClient(_channel);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _channel.ShutdownAsync();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Unary_call_has_headers_trailers_and_status(CancellationToken cancellationToken)
    {
        using var call = _client.UnaryCallAsync(new SimpleRequest { ResponseSize = 5 }, new CallOptions(cancellationToken: cancellationToken).WithWaitForReady());
        var headers = await call.ResponseHeadersAsync;
        var response = await call;
        Assert.That(headers.GetValue("peer"), Is.EqualTo("ipv4"));
        Assert.That(response.Username, Is.EqualTo("ada of UnaryCall"));
        Assert.That(call.GetStatus(), Is.EqualTo(global::Grpc.Core.Status.DefaultSuccess));
        Assert.That(call.GetTrailers().GetValue("method"), Is.EqualTo("/grpc.testing.TestService/UnaryCall"));
        Assert.That(call.GetTrailers().GetValueBytes("digest-bin"), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public void Blocking_call_and_details_of_a_failure(CancellationToken cancellationToken)
    {
        var failure = Assert.Throws<RpcException>(() => _client.UnaryCall(new SimpleRequest { ResponseSize = -1 }, cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        var details = failure.GetRpcStatus()?.GetDetail<BadRequest>();
        Assert.That(details?.FieldViolations.Single().Field, Is.EqualTo("response_size"));
    }

    [Test]
    public async Task Streams_of_all_shapes(CancellationToken cancellationToken)
    {
        using var output = _client.StreamingOutputCall(
            new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 1 }, new ResponseParameters { Size = 2 } } },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30),
            cancellationToken: cancellationToken);
        var sizes = new List<int>();
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var response in output.ResponseStream.ReadAllAsync(cancellationToken))
            {
                sizes.Add(response.Payload.Body.Length);
            }
        });
        Assert.That(sizes, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(failure.Status.Detail, Is.EqualTo("with a deadline"));

        using var input = _client.StreamingInputCall(new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: cancellationToken);
        input.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await input.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[7]) } }, cancellationToken);
        await input.RequestStream.CompleteAsync();
        Assert.That((await input.ResponseAsync).AggregatedPayloadSize, Is.EqualTo(7));

        using var duplex = _client.FullDuplexCall(cancellationToken: cancellationToken);
        await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = new EchoStatus { Code = 10, Message = "no" } }, cancellationToken);
        var aborted = Assert.ThrowsAsync<RpcException>(() => duplex.ResponseStream.MoveNext(cancellationToken));
        Assert.That(aborted.Trailers.GetValue("why"), Is.EqualTo("asked"));
    }

    [Test]
    public async Task Client_of_the_container_passes_its_interceptor_and_credentials(CancellationToken cancellationToken)
    {
        await using var container = LedgerClient.Container(new Uri(_app.Urls.First()));
        var response = await container.GetRequiredService<TestService.TestServiceClient>()
            .UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellationToken);
        Assert.That(response.Username, Is.EqualTo("grace of UnaryCall?"));
    }

    [Test]
    public async Task Headers_of_all_calls_pass_a_function(CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(_app.Urls.First());
        var invoker = channel.Intercept(headers =>
        {
            headers.Add("user", "linus");
            return headers;
        });
        var response = await new TestService.TestServiceClient(invoker).UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellationToken);
        Assert.That(response.Username, Is.EqualTo("linus"));
        Assert.That((await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellationToken)).Username, Is.EqualTo("nobody"));
    }

    [Test]
    public async Task Service_is_tested_without_a_server(CancellationToken cancellationToken)
    {
        var service = new LedgerService(new Ledger(), NullLoggerFactory.Instance);
        var responses = new CollectingWriter<StreamingOutputCallResponse>();
        await service.StreamingOutputCall(
            new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 3 } } }, responses, new BareContext(cancellationToken));
        Assert.That(responses.Messages.Single().Payload.Body, Has.Length.EqualTo(3));
        Assert.That(
            async () => await service.UnaryCall(new SimpleRequest { ResponseSize = -1 }, new BareContext(cancellationToken)),
            Throws.InstanceOf<RpcException>());
    }

    [Test]
    public async Task Caller_is_tested_without_a_channel(CancellationToken cancellationToken)
    {
        var client = new CannedClient();
        Assert.That((await client.UnaryCallAsync(new SimpleRequest(), new CallOptions(cancellationToken: cancellationToken))).Username, Is.EqualTo("canned"));
        Assert.That(() => client.EmptyCallAsync(new Empty(), cancellationToken: cancellationToken), Throws.Exception, "what was not canned has no channel");
    }

    private sealed class CannedClient : TestService.TestServiceClient
    {
        public override AsyncUnaryCall<SimpleResponse> UnaryCallAsync(SimpleRequest request, CallOptions options) => new(
            Task.FromResult(new SimpleResponse { Username = "canned" }),
            Task.FromResult(new Metadata()),
            static () => global::Grpc.Core.Status.DefaultSuccess,
            static () => [],
            static () => { });
    }

    private sealed class CollectingWriter<T> : IServerStreamWriter<T>
    {
        public List<T> Messages { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            Messages.Add(message);
            return Task.CompletedTask;
        }
    }

    private sealed class BareContext(CancellationToken cancellationToken) : ServerCallContext
    {
        protected override string MethodCore => "method";

        protected override string HostCore => "host";

        protected override string PeerCore => "ipv4:127.0.0.1:1";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = [];

        protected override CancellationToken CancellationTokenCore { get; } = cancellationToken;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override global::Grpc.Core.Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore { get; } = new(null, []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
