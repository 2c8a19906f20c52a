using System.IO.Compression;
using System.Net;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>Encodings as they are on the wire: which header, which flag, which refusal.</summary>
[CancelAfter(60_000)]
public sealed class EncodingTests
{
    private const string Unary = "grpc.testing.TestService/UnaryCall";
    private const string Output = "grpc.testing.TestService/StreamingOutputCall";

    [TestCase("gzip", "gzip", 1)]
    [TestCase("gzip", "identity, deflate, gzip", 1)]
    [TestCase("gzip", "gzip ", 1)]
    [TestCase("deflate", "gzip,deflate", 1)]
    [TestCase("gzip", "deflate", 0)]
    [TestCase("gzip", "identity", 0)]
    [TestCase("gzip", null, 0)]
    [TestCase("identity", "identity,gzip", 0)]
    public async Task Response_is_compressed_if_the_client_takes_it(string algorithm, string? accepts, int flag, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(o => o.ResponseCompressionAlgorithm = algorithm);
        world.Service.Unary = static (_, _) => Task.FromResult(Messages.Response(1000));
        var (headers, frames) = await PostAsync(world, Unary, Messages.Request(), accepts, cancellationToken);
        Assert.That(headers.TryGetValues("grpc-encoding", out var encoding) ? encoding.Single() : null, Is.EqualTo(flag == 0 ? null : algorithm));
        Assert.That(frames.Single().Flags, Is.EqualTo(flag));
    }

    [TestCase("gzip", 1)]
    [TestCase("deflate", 1)]
    [TestCase("PURPLE", 0)]
    public async Task Service_chooses_the_encoding_of_its_call(string algorithm, int flag, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = async (responses, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", algorithm } });
            await responses.WriteAsync(Messages.Output(1000), context.CancellationToken);
            responses.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
            await responses.WriteAsync(Messages.Output(1000), context.CancellationToken);
            responses.WriteOptions = null;
            await responses.WriteAsync(Messages.Output(1000), context.CancellationToken);
        };
        var (headers, frames) = await PostAsync(world, Output, new StreamingOutputCallRequest(), "identity,gzip,deflate", cancellationToken);
        Assert.That(headers.Contains("grpc-encoding"), Is.EqualTo(flag == 1));
        Assert.That(headers.Contains("grpc-internal-encoding-request"), Is.False);
        Assert.That(frames.Select(static f => (int)f.Flags), Is.EqualTo(new[] { flag, 0, flag }), "each message says for itself");
    }

    [Test]
    public async Task Response_that_is_not_to_be_compressed_keeps_the_header(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.ResponseCompressionAlgorithm = "gzip");
        world.Service.Unary = static (_, context) =>
        {
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
            return Task.FromResult(Messages.Response(1000));
        };
        var (headers, frames) = await PostAsync(world, Unary, Messages.Request(), "gzip", cancellationToken);
        Assert.That(headers.GetValues("grpc-encoding"), Is.EqualTo(new[] { "gzip" }));
        Assert.That(frames.Single().Flags, Is.Zero);
    }

    [TestCase(null, 13, "Request did not include grpc-encoding value with compressed message.")]
    [TestCase("identity", 13, "Request sent 'identity' grpc-encoding value with compressed message.")]
    [TestCase("lzma", 12, "Unsupported grpc-encoding value 'lzma'. Supported encodings: identity, gzip, deflate")]
    public async Task Compressed_request_without_a_known_encoding_is_refused(string? encoding, int status, string detail, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            Messages.Request(100).WriteTo(gzip);
        }

        using var response = await SendAsync(world, Unary, Frames.Frame(1, packed.ToArray()), null, encoding, cancellationToken);
        Assert.That(response.Headers.GetValues("grpc-status").Single(), Is.EqualTo($"{status}"));
        Assert.That(response.Headers.GetValues("grpc-message").Single(), Is.EqualTo(detail));
        Assert.That(
            response.Headers.TryGetValues("grpc-accept-encoding", out var known) ? known.Single() : null,
            Is.EqualTo(status == 12 ? "identity,gzip,deflate" : null));
    }

    [TestCase("APPLICATION/GRPC", 200)]
    [TestCase("application/grpc+proto", 200)]
    [TestCase("application/grpc; param=one", 200)]
    [TestCase("application/binary", 415)]
    [TestCase(null, 415)]
    public async Task Content_type_decides(string? type, int status, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var response = await SendAsync(world, Unary, Frames.Frame(0, Messages.Request().ToByteArray()), null, null, cancellationToken, type);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (status == 415)
        {
            Assert.That(response.Headers.GetValues("grpc-status").Single(), Is.EqualTo("13"));
            Assert.That(
                response.Headers.GetValues("grpc-message").Single(),
                Is.EqualTo(type is null ? "Content-Type is missing from the request." : $"Content-Type '{type}' is not supported."));
        }
    }

    [TestCase("POST", "application/grpc", 200, "12")]
    [TestCase("POST", "application/json", 404, null)]
    [TestCase("GET", "application/grpc", 404, null)]
    [TestCase("GET", "application/json", 404, null)]
    public async Task Unknown_service_is_unimplemented_to_calls_alone(string verb, string type, int status, string? grpc, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var response = await SendAsync(world, "no.Service/Call", [], null, null, cancellationToken, type, verb);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.TryGetValues("grpc-status", out var told) ? told.Single() : null, Is.EqualTo(grpc));
    }

    private static async Task<(System.Net.Http.Headers.HttpResponseHeaders Headers, IReadOnlyList<(byte Flags, byte[] Payload)> Frames)> PostAsync(
        GrpcWorld world, string path, IMessage message, string? accepts, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(world, path, Frames.Frame(0, message.ToByteArray()), accepts, null, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        Assert.That(response.TrailingHeaders.GetValues("grpc-status").Single(), Is.EqualTo("0"));
        return (response.Headers, Frames.Split(body));
    }

    private static async Task<HttpResponseMessage> SendAsync(
        GrpcWorld world,
        string path,
        byte[] body,
        string? accepts,
        string? encoding,
        CancellationToken cancellationToken,
        string? type = "application/grpc",
        string verb = "POST")
    {
        using var http = new HttpClient(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(world.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (type is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("content-type", type);
        }

        if (accepts is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-accept-encoding", accepts);
        }

        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", encoding);
        }

        return await http.SendAsync(request, cancellationToken);
    }
}
