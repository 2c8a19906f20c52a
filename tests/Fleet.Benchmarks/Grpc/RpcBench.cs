using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Benchmarks;

/// <summary>One Kestrel with a gRPC service and raw HTTP/2 routes that move the same bytes, and a client for each.</summary>
internal sealed class RpcBench : IAsyncDisposable
{
    /// <summary>Bytes of a record, as in the other tables.</summary>
    public const int RecordSize = 300;

    private const string Service = "bench.Echo";

    private static readonly Marshaller<BytesValue> Records = Marshallers.Create(Serialize, static c => BytesValue.Parser.ParseFrom(c.PayloadAsReadOnlySequence()));
    private static readonly Method<BytesValue, BytesValue> UnaryMethod = New(MethodType.Unary);
    private static readonly Method<BytesValue, BytesValue> OutputMethod = New(MethodType.ServerStreaming);
    private static readonly Method<BytesValue, BytesValue> InputMethod = New(MethodType.ClientStreaming);

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly HttpMessageInvoker _raw = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });

    private RpcBench(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.First());
        _channel = GrpcChannel.ForAddress(Address);
        Invoker = _channel.CreateCallInvoker();
    }

    public static BytesValue Record { get; } = new() { Value = ByteString.CopyFrom(new byte[RecordSize - 3]) };

    public Uri Address { get; }

    private CallInvoker Invoker { get; }

    public static async Task<RpcBench> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0, static e => e.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService(Definition());
        app.MapPost("/raw/echo", RawEchoAsync);
        app.MapGet("/raw/output/{count:int}", ServeRawOutputAsync);
        app.MapPost("/raw/input", ServeRawInputAsync);
        await app.StartAsync(cancellationToken);
        return new RpcBench(app);
    }

    public async Task UnaryAsync(CancellationToken cancellationToken)
    {
        using var call = Invoker.AsyncUnaryCall(UnaryMethod, null, new CallOptions(cancellationToken: cancellationToken), Record);
        await call;
    }

    public async Task RawUnaryAsync(CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Post, "/raw/echo", new ByteArrayContent(new byte[RecordSize]));
        using var response = await _raw.SendAsync(request, cancellationToken);
        await Count(response, cancellationToken);
    }

    public async Task OutputAsync(int count, CancellationToken cancellationToken)
    {
        var options = new CallOptions(new Metadata { { "count", $"{count}" } }, cancellationToken: cancellationToken);
        using var call = Invoker.AsyncServerStreamingCall(OutputMethod, null, options, Record);
        var seen = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            seen++;
        }

        Require(seen == count);
    }

    public async Task RawOutputAsync(int count, CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Get, $"/raw/output/{count}", null);
        using var response = await _raw.SendAsync(request, cancellationToken);
        Require(await Count(response, cancellationToken) == (long)count * RecordSize);
    }

    public async Task InputAsync(int count, CancellationToken cancellationToken)
    {
        using var call = Invoker.AsyncClientStreamingCall(InputMethod, null, new CallOptions(cancellationToken: cancellationToken));
        for (var i = 0; i < count; i++)
        {
            await call.RequestStream.WriteAsync(Record, CancellationToken.None);
        }

        await call.RequestStream.CompleteAsync();
        Require((await call).Value.ToStringUtf8() == $"{count}");
    }

    public async Task RawInputAsync(int count, CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Post, "/raw/input", new RawRecords(count));
        using var response = await _raw.SendAsync(request, cancellationToken);
        Require(await response.Content.ReadAsStringAsync(cancellationToken) == $"{(long)count * RecordSize}");
    }

    public async ValueTask DisposeAsync()
    {
        _raw.Dispose();
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    private static void Serialize(BytesValue message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private static Method<BytesValue, BytesValue> New(MethodType type) => new(type, Service, type.ToString(), Records, Records);

    private static ServerServiceDefinition Definition() => ServerServiceDefinition.CreateBuilder()
        .AddMethod(UnaryMethod, static (request, _) => Task.FromResult(request))
        .AddMethod(OutputMethod, static async (request, responses, context) =>
        {
            var count = int.Parse(context.RequestHeaders.GetValue("count")!);
            for (var i = 0; i < count; i++)
            {
                await responses.WriteAsync(request, CancellationToken.None);
            }
        })
        .AddMethod(InputMethod, static async (requests, _) =>
        {
            var seen = 0;
            while (await requests.MoveNext(CancellationToken.None))
            {
                seen++;
            }

            return new BytesValue { Value = ByteString.CopyFromUtf8($"{seen}") };
        })
        .Build();

    private static async Task RawEchoAsync(HttpContext http)
    {
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            if (read.IsCompleted)
            {
                foreach (var part in read.Buffer)
                {
                    await http.Response.BodyWriter.WriteAsync(part, http.RequestAborted);
                }

                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return;
            }

            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task ServeRawOutputAsync(HttpContext http, int count)
    {
        var body = http.Response.BodyWriter;
        var record = new byte[RecordSize];
        for (var i = 0; i < count; i++)
        {
            record.CopyTo(body.GetMemory(RecordSize));
            body.Advance(RecordSize);
            if (body.UnflushedBytes > 64 * 1024)
            {
                await body.FlushAsync(http.RequestAborted);
            }
        }
    }

    private static async Task ServeRawInputAsync(HttpContext http)
    {
        // As for a gRPC stream: without this the server stops reading after 30 MB.
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        long seen = 0;
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            seen += read.Buffer.Length;
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                await http.Response.WriteAsync($"{seen}", http.RequestAborted);
                return;
            }
        }
    }

    private static async Task<long> Count(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(32 * 1024);
        long sum = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sum += read;
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        return sum;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("Not everything that was sent arrived.");
        }
    }

    private HttpRequestMessage NewRequest(HttpMethod method, string path, HttpContent? content) => new(method, new Uri(Address, path))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = content,
    };

    private sealed class RawRecords(int count) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // Record by record, as the raw output does: whoever streams records has them one by one.
            var batch = new byte[RecordSize * 200];
            var record = new byte[RecordSize];
            var filled = 0;
            for (var i = 0; i < count; i++)
            {
                record.CopyTo(batch, filled);
                filled += RecordSize;
                if (filled == batch.Length || i == count - 1)
                {
                    await stream.WriteAsync(batch.AsMemory(0, filled));
                    filled = 0;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
