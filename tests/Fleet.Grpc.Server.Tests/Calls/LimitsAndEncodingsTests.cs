using System.IO.Compression;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Calls;

[CancelAfter(60_000)]
public sealed class LimitsAndEncodingsTests
{
    private const string EncodingRequest = "grpc-internal-encoding-request";

    [Test]
    public async Task Request_over_the_limit_is_refused(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.MaxReceiveMessageSize = 1000);
        await world.Client.UnaryCallAsync(Messages.Request(900), cancellationToken: cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await world.Client.UnaryCallAsync(Messages.Request(1100), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Default_limit_is_4_mebibytes_and_can_be_lifted_for_one_service(CancellationToken cancellationToken)
    {
        await using var standard = await GrpcWorld.StartAsync();
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await standard.Client.UnaryCallAsync(Messages.Request(5 << 20), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));

        await using var lifted = await GrpcWorld.StartAsync(configure: static b =>
            b.Services.AddGrpc().AddServiceOptions<ScriptedService>(static o => o.MaxReceiveMessageSize = null));
        await lifted.Client.UnaryCallAsync(Messages.Request(40 << 20), cancellationToken: cancellationToken);
    }

    [Test]
    public async Task Response_over_the_servers_limit_is_refused_by_it(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.MaxSendMessageSize = 1000);
        world.Service.Unary = static (_, _) => Task.FromResult(Messages.Response(1100));
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Response_over_the_clients_limit_is_refused_by_it(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => Task.FromResult(Messages.Response(1100));
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { MaxReceiveMessageSize = 1000 }));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Request_over_the_clients_own_limit_is_not_sent(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { MaxSendMessageSize = 1000 }));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(1100), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Compressed_bomb_stops_at_the_limit(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.MaxReceiveMessageSize = 100_000);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(
            Messages.Request(30_000_000), new Metadata { { EncodingRequest, "gzip" } }, cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Both_directions_are_compressed([Values("gzip", "deflate")] string encoding, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(o => o.ResponseCompressionAlgorithm = encoding);
        string? requestEncoding = null;
        world.Service.Duplex = async (requests, responses, context) =>
        {
            requestEncoding = context.GetHttpContext().Request.Headers["grpc-encoding"];
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(Messages.Output(request.Payload.Body.Length), context.CancellationToken);
            }
        };
        using var call = world.Client.FullDuplexCall(new Metadata { { EncodingRequest, encoding } }, cancellationToken: cancellationToken);
        for (var i = 0; i < 5; i++)
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Messages.Payload(100_000) }, cancellationToken);
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
            Assert.That(call.ResponseStream.Current.Payload.Body, Has.Length.EqualTo(100_000));
        }

        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
        Assert.That(requestEncoding, Is.EqualTo(encoding));
    }

    [Test]
    public async Task Own_encoding_is_used_by_both_sides(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.CompressionProviders = [new Brotli()]);
        world.Service.Unary = static (request, context) =>
        {
            Assert.That(context.GetHttpContext().Request.Headers["grpc-encoding"].ToString(), Is.EqualTo("br"));
            return Task.FromResult(Messages.Response(request.Payload.Body.Length));
        };
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { CompressionProviders = [new Brotli()] }));
        var response = await client.UnaryCallAsync(Messages.Request(50_000), new Metadata { { EncodingRequest, "br" } }, cancellationToken: cancellationToken);
        Assert.That(response.Payload.Body, Has.Length.EqualTo(50_000));
    }

    [Test]
    public async Task Unknown_encoding_of_the_client_is_told_with_the_known_ones(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { CompressionProviders = [new Brotli()] }));
        using var call = client.UnaryCallAsync(Messages.Request(), new Metadata { { EncodingRequest, "br" } }, cancellationToken: cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
        Assert.That(failure.Status.Detail, Does.Contain("gzip"));
    }

    [Test]
    public async Task Unknown_encoding_is_no_matter_to_a_message_that_does_not_use_it(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o =>
        {
            o.CompressionProviders.Add(new Brotli());
            o.ResponseCompressionAlgorithm = "br";
        });
        world.Service.Unary = static async (_, context) =>
        {
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
            await context.WriteResponseHeadersAsync([new Metadata.Entry("grpc-encoding", "zstd")]);
            return Messages.Response();
        };
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { CompressionProviders = [new Other()] }));
        var options = new CallOptions(new Metadata { { EncodingRequest, "other" } }, cancellationToken: cancellationToken)
            .WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));
        Assert.That(await client.UnaryCallAsync(Messages.Request(), options), Is.Not.Null, "neither way");
    }

    private sealed class Other : ICompressionProvider
    {
        public string EncodingName => "other";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => throw new NotSupportedException();

        public Stream CreateDecompressionStream(Stream stream) => throw new NotSupportedException();
    }

    private sealed class Brotli : ICompressionProvider
    {
        public string EncodingName => "br";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
            new BrotliStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

        public Stream CreateDecompressionStream(Stream stream) => new BrotliStream(stream, CompressionMode.Decompress, leaveOpen: true);
    }
}
