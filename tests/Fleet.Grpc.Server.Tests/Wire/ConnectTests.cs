using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Status = Grpc.Core.Status;

namespace Fleet.Grpc.Server.Tests.Wire;

/// <summary>The Connect protocol over plain HTTP/1.1, as curl and browsers speak it.</summary>
[CancelAfter(60_000)]
public sealed class ConnectTests
{
    private const string Unary = "/grpc.testing.TestService/UnaryCall";
    private const string Output = "/grpc.testing.TestService/StreamingOutputCall";

    [Test]
    public async Task Json_request_gets_a_json_response(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, _) => Task.FromResult(new SimpleResponse { Username = $"{request.ResponseSize}" });
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await http.PostAsync(Unary, Json("{\"responseSize\": 42}"), cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        using var body = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), default, cancellationToken);
        Assert.That(body.RootElement.GetProperty("username").GetString(), Is.EqualTo("42"));
    }

    [Test]
    public async Task Protobuf_request_gets_a_protobuf_response(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, _) => Task.FromResult(Messages.Response(request.Payload.Body.Length));
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await http.PostAsync(Unary, Proto(Messages.Request(99).ToByteArray()), cancellationToken);
        var message = SimpleResponse.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        Assert.That(message.Payload.Body, Has.Length.EqualTo(99));
    }

    [TestCase(StatusCode.InvalidArgument, 400, "invalid_argument")]
    [TestCase(StatusCode.FailedPrecondition, 400, "failed_precondition")]
    [TestCase(StatusCode.Unauthenticated, 401, "unauthenticated")]
    [TestCase(StatusCode.PermissionDenied, 403, "permission_denied")]
    [TestCase(StatusCode.NotFound, 404, "not_found")]
    [TestCase(StatusCode.AlreadyExists, 409, "already_exists")]
    [TestCase(StatusCode.ResourceExhausted, 429, "resource_exhausted")]
    [TestCase(StatusCode.Cancelled, 499, "canceled")]
    [TestCase(StatusCode.Internal, 500, "internal")]
    [TestCase(StatusCode.Unimplemented, 501, "unimplemented")]
    [TestCase(StatusCode.Unavailable, 503, "unavailable")]
    [TestCase(StatusCode.DeadlineExceeded, 504, "deadline_exceeded")]
    public async Task Refusal_is_an_http_status_and_an_error_object(StatusCode code, int http, string name, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = (_, _) => throw new RpcException(new Status(code, "because"));
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await client.PostAsync(Unary, Proto([]), cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(http));
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken)).RootElement;
        Assert.That(error.GetProperty("code").GetString(), Is.EqualTo(name));
        Assert.That(error.GetProperty("message").GetString(), Is.EqualTo("because"));
    }

    [Test]
    public async Task Details_are_bytes_and_readable(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var detail = new ErrorInfo { Reason = "NO_SUCH_STORE", Domain = "example.com" };
        world.Service.Unary = (_, _) => throw new Google.Rpc.Status
        {
            Code = (int)Code.NotFound,
            Message = "no",
            Details = { Any.Pack(detail) },
        }.ToRpcException();
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await client.PostAsync(Unary, Json("{}"), cancellationToken);
        var first = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken)).RootElement.GetProperty("details")[0];
        Assert.That(first.GetProperty("type").GetString(), Is.EqualTo("google.rpc.ErrorInfo"));
        Assert.That(first.GetProperty("debug").GetProperty("reason").GetString(), Is.EqualTo("NO_SUCH_STORE"));
        var value = first.GetProperty("value").GetString()!;
        Assert.That(Convert.FromBase64String(value.PadRight((value.Length + 3) / 4 * 4, '=')), Is.EqualTo(detail.ToByteArray()));
    }

    [TestCase("{", "damaged")]
    [TestCase("{\"responseSize\": \"many\"}", "wrong type")]
    [TestCase("[]", "wrong shape")]
    [TestCase("", "nothing")]
    public async Task Bad_json_is_an_invalid_argument(string json, string why, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await client.PostAsync(Unary, Json(json), cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(400), why);
        Assert.That(await response.Content.ReadAsStringAsync(cancellationToken), Does.Contain("invalid_argument"));
    }

    [Test]
    public async Task Headers_and_trailers_travel_as_headers(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "first", context.RequestHeaders.GetValue("asked")! } });
            context.ResponseTrailers.Add("last", "yes");
            return Messages.Response();
        };
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        client.DefaultRequestHeaders.Add("asked", "this");
        using var response = await client.PostAsync(Unary, Json("{}"), cancellationToken);
        Assert.That(response.Headers.GetValues("first"), Is.EqualTo(new[] { "this" }));
        Assert.That(response.Headers.GetValues("trailer-last"), Is.EqualTo(new[] { "yes" }));
    }

    [Test]
    public async Task Timeout_header_is_a_deadline(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        client.DefaultRequestHeaders.Add("connect-timeout-ms", "50");
        using var response = await client.PostAsync(Unary, Json("{}"), cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(504));
    }

    [Test]
    public async Task Gzip_works_both_ways(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.ResponseCompressionAlgorithm = "gzip");
        world.Service.Unary = static (request, _) => Task.FromResult(Messages.Response(request.Payload.Body.Length));
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var content = Proto(Zip(Messages.Request(10_000).ToByteArray()));
        content.Headers.ContentEncoding.Add("gzip");
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        using var response = await client.PostAsync(Unary, content, cancellationToken);
        Assert.That(response.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "gzip" }));
        var packed = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        Assert.That(packed, Has.Length.LessThan(1000));
        await using var unpacked = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        Assert.That(SimpleResponse.Parser.ParseFrom(unpacked).Payload.Body, Has.Length.EqualTo(10_000));
    }

    [Test]
    public async Task Stream_is_envelopes_with_a_last_one([Values("json", "proto")] string codec, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            context.ResponseTrailers.Add("count", "2");
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await responses.WriteAsync(Messages.Output(2), context.CancellationToken);
        };
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await client.PostAsync(Output, Streamed(codec, codec == "json" ? "{}"u8.ToArray() : []), cancellationToken);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo($"application/connect+{codec}"));
        var frames = Frames.Split(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        Assert.That(frames.Select(static f => f.Flags), Is.EqualTo(new byte[] { 0, 0, 2 }));
        Assert.That(JsonDocument.Parse(frames[2].Payload).RootElement.GetProperty("metadata").GetProperty("count")[0].GetString(), Is.EqualTo("2"));
        if (codec == "proto")
        {
            Assert.That(StreamingOutputCallResponse.Parser.ParseFrom(frames[1].Payload).Payload.Body, Has.Length.EqualTo(2));
        }
    }

    [Test]
    public async Task Stream_that_fails_tells_it_in_the_last_envelope(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            throw new RpcException(new Status(StatusCode.DataLoss, "torn"));
        };
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await client.PostAsync(Output, Streamed("proto", []), cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var frames = Frames.Split(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var error = JsonDocument.Parse(frames[^1].Payload).RootElement.GetProperty("error");
        Assert.That(error.GetProperty("code").GetString(), Is.EqualTo("data_loss"));
    }

    [Test]
    public async Task Content_type_of_another_shape_is_415(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var unaryOnStream = await client.PostAsync(Output, Json("{}"), cancellationToken);
        using var text = await client.PostAsync(Unary, new StringContent("hello"), cancellationToken);
        Assert.That((int)unaryOnStream.StatusCode, Is.EqualTo(415));
        Assert.That((int)text.StatusCode, Is.EqualTo(415));
        Assert.That(text.Headers.GetValues("accept-post").Single(), Does.Contain("application/json"));
    }

    [Test]
    public async Task Grpc_over_http_1_is_told_to_upgrade(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var response = await client.PostAsync(Unary, content, cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(426));
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static ByteArrayContent Proto(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/proto");
        return content;
    }

    private static ByteArrayContent Streamed(string codec, byte[] message)
    {
        var content = new ByteArrayContent(Frames.Frame(0, message));
        content.Headers.ContentType = new MediaTypeHeaderValue($"application/connect+{codec}");
        return content;
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionMode.Compress))
        {
            zip.Write(bytes);
        }

        return packed.ToArray();
    }
}
