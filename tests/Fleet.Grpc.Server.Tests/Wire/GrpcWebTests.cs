using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;

namespace Fleet.Grpc.Server.Tests.Wire;

/// <summary>gRPC-Web over plain HTTP/1.1, binary and text.</summary>
[CancelAfter(60_000)]
public sealed class GrpcWebTests
{
    private const string Unary = "/grpc.testing.TestService/UnaryCall";
    private const string Output = "/grpc.testing.TestService/StreamingOutputCall";

    [Test]
    public async Task Unary_call_answers_message_and_trailers_in_the_body([Values] bool text, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, context) =>
        {
            context.ResponseTrailers.Add("asked", context.RequestHeaders.GetValue("asked")!);
            return Task.FromResult(Messages.Response(request.Payload.Body.Length));
        };
        var (response, frames) = await PostAsync(world, Unary, Messages.Request(5000), text, cancellationToken);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo(text ? "application/grpc-web-text" : "application/grpc-web"));
        Assert.That(SimpleResponse.Parser.ParseFrom(frames[0].Payload).Payload.Body, Has.Length.EqualTo(5000));
        Assert.That(frames[1].Flags, Is.EqualTo(0x80));
        Assert.That(Encoding.ASCII.GetString(frames[1].Payload), Does.Contain("grpc-status: 0\r\n").And.Contain("asked: this\r\n"));
    }

    [Test]
    public async Task Stream_answers_its_messages_and_trailers([Values] bool text, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            for (var i = 0; i < 500; i++)
            {
                await responses.WriteAsync(Messages.Output(i), context.CancellationToken);
            }

            throw new RpcException(new Status(StatusCode.Aborted, "enough"));
        };
        var (_, frames) = await PostAsync(world, Output, new StreamingOutputCallRequest(), text, cancellationToken);
        Assert.That(frames, Has.Count.EqualTo(501));
        Assert.That(StreamingOutputCallResponse.Parser.ParseFrom(frames[499].Payload).Payload.Body, Has.Length.EqualTo(499));
        Assert.That(Encoding.ASCII.GetString(frames[500].Payload), Does.Contain("grpc-status: 10\r\n").And.Contain("grpc-message: enough"));
    }

    [Test]
    public async Task Refusal_before_any_message_is_in_the_headers(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "no"));
        var (response, frames) = await PostAsync(world, Unary, Messages.Request(), text: false, cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.GetValues("grpc-status").Single(), Is.EqualTo("5"));
        Assert.That(frames, Is.Empty);
    }

    [Test]
    public async Task Text_in_padded_runs_is_read(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, _) => Task.FromResult(Messages.Response(request.Payload.Body.Length));
        var frame = Frames.Frame(0, Messages.Request(100).ToByteArray());
        var runs = string.Concat(frame.Chunk(7).Select(Convert.ToBase64String));
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var content = Content(Encoding.ASCII.GetBytes(runs), text: true);
        using var response = await client.PostAsync(Unary, content, cancellationToken);
        var frames = Decode(await response.Content.ReadAsByteArrayAsync(cancellationToken), text: true);
        Assert.That(SimpleResponse.Parser.ParseFrom(frames[0].Payload).Payload.Body, Has.Length.EqualTo(100));
    }

    [TestCase("AAAA!AAA")]
    [TestCase("AAAAA")]
    public async Task Text_that_is_no_base64_is_refused(string body, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        using var content = Content(Encoding.ASCII.GetBytes(body), text: true);
        using var response = await client.PostAsync(Unary, content, cancellationToken);
        Assert.That(response.Headers.GetValues("grpc-status").Single(), Is.EqualTo("13"));
    }

    [Test]
    public async Task Service_that_is_closed_to_the_web_answers_grpc_alone(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(map: static app => app.MapGrpcService<HealthServiceImpl>().DisableGrpcWeb());
        var (response, _) = await PostAsync(world, "/grpc.health.v1.Health/Check", new HealthCheckRequest(), text: false, cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await new global::Grpc.Health.V1.Health.HealthClient(world.Channel).CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound), "the service itself answers");
    }

    private static async Task<(HttpResponseMessage Response, IReadOnlyList<(byte Flags, byte[] Payload)> Frames)> PostAsync(
        GrpcWorld world, string path, IMessage message, bool text, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = world.Http1Address };
        client.DefaultRequestHeaders.Add("asked", "this");
        var frame = Frames.Frame(0, message.ToByteArray());
        using var content = Content(text ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame, text);
        var response = await client.PostAsync(path, content, cancellationToken);
        return (response, Decode(await response.Content.ReadAsByteArrayAsync(cancellationToken), text));
    }

    private static ByteArrayContent Content(byte[] body, bool text)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(text ? "application/grpc-web-text" : "application/grpc-web+proto");
        return content;
    }

    // The response is runs of base64, each with its padding.
    private static IReadOnlyList<(byte Flags, byte[] Payload)> Decode(byte[] body, bool text)
    {
        if (!text)
        {
            return Frames.Split(body);
        }

        var bytes = Encoding.ASCII.GetString(body).Chunk(4).SelectMany(static group => Convert.FromBase64String(new string(group)));
        return Frames.Split([.. bytes]);
    }
}
