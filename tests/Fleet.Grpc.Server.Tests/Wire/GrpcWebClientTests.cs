using System.Net;
using System.Text;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Wire;

/// <summary>Our client over gRPC-Web, against our server and against scripted bodies.</summary>
[CancelAfter(60_000)]
public sealed class GrpcWebClientTests
{
    [Test]
    public async Task Unary_call_has_message_headers_and_trailers(
        [Values] GrpcWebMode mode, [Values("1.1", "2.0")] string version, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "before", context.RequestHeaders.GetValue("asked")! } });
            context.ResponseTrailers.Add("after-bin", [1, 2]);
            return Messages.Response(request.Payload.Body.Length);
        };
        using var channel = Channel(world, mode, version);
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(
            Messages.Request(70_000), new Metadata { { "asked", "this" } }, cancellationToken: cancellationToken);
        Assert.That((await call).Payload.Body, Has.Length.EqualTo(70_000));
        Assert.That((await call.ResponseHeadersAsync).GetValue("before"), Is.EqualTo("this"));
        Assert.That(call.GetTrailers().GetValueBytes("after-bin"), Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public async Task Trailers_of_any_length_and_sign_arrive([Values] GrpcWebMode mode, [Values("1.1", "2.0")] string version, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var large = new string('x', 20_000);
        world.Service.Output = (_, context) =>
        {
            context.ResponseTrailers.Add("large", large);
            context.ResponseTrailers.Add("signs", "a: b, c;d=\"e\"");
            context.ResponseTrailers.Add("twice", "1");
            context.ResponseTrailers.Add("twice", "2");
            context.Status = new Status(StatusCode.Aborted, "two\r\nlines: and \\ more");
            return Task.CompletedTask;
        };
        world.Service.Unary = (_, context) =>
        {
            context.ResponseTrailers.Add("large", large);
            return Task.FromResult(Messages.Response());
        };
        using var channel = Channel(world, mode, version);
        var client = new TestService.TestServiceClient(channel);
        using var call = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.Aborted, "two\r\nlines: and \\ more")));
        Assert.That(failure.Trailers.GetValue("large"), Is.EqualTo(large));
        Assert.That(failure.Trailers.GetValue("signs"), Is.EqualTo("a: b, c;d=\"e\""));
        Assert.That(failure.Trailers.GetAll("twice").Select(static e => e.Value), Is.EqualTo(new[] { "1", "2" }));
        using var unary = client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await unary;
        Assert.That(unary.GetTrailers().GetValue("large"), Is.EqualTo(large), "in the body");
    }

    [Test]
    public async Task Stream_of_responses_ends_with_its_status(
        [Values] GrpcWebMode mode, [Values("1.1", "2.0")] string version, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            for (var i = 0; i < 300; i++)
            {
                await responses.WriteAsync(Messages.Output(i * 10), context.CancellationToken);
            }

            throw new RpcException(new Status(StatusCode.Aborted, "50 % ü"));
        };
        using var channel = Channel(world, mode, version);
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var sizes = new List<int>();
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                sizes.Add(response.Payload.Body.Length);
            }
        });
        Assert.That(sizes, Is.EqualTo(Enumerable.Range(0, 300).Select(static i => i * 10)));
        Assert.That(failure.Status.Detail, Is.EqualTo("50 % ü"));
    }

    [Test]
    public async Task Refusal_without_a_message_is_in_the_headers([Values] GrpcWebMode mode, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "no"));
        using var channel = Channel(world, mode, "1.1");
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    private static IEnumerable<TestCaseData> BadBodies()
    {
        yield return new TestCaseData(Array.Empty<byte>(), StatusCode.Cancelled).SetArgDisplayNames("no trailers");
        yield return new TestCaseData(new byte[] { 0x80, 0, 0 }, StatusCode.Unavailable).SetArgDisplayNames("half an envelope");
        yield return new TestCaseData(Frames.Frame(0x80, Encoding.ASCII.GetBytes("grpc-status: 0\r\n"))[..^3], StatusCode.Unavailable).SetArgDisplayNames("half of the trailers");
        yield return new TestCaseData(Frames.Frame(0x80, "nothing"u8.ToArray()), StatusCode.Unavailable).SetArgDisplayNames("trailers without names");
        yield return new TestCaseData(new byte[] { 0x80, 0xff, 0, 0, 0 }, StatusCode.Unavailable).SetArgDisplayNames("endless trailers");
        yield return new TestCaseData(new byte[] { 0, 0, 0, 0, 9, 1 }, StatusCode.Internal).SetArgDisplayNames("half a message");
    }

    [TestCaseSource(nameof(BadBodies))]
    public void Bad_body_ends_in_a_status(byte[] body, StatusCode status, CancellationToken cancellationToken)
    {
        using var handler = new GrpcWebHandler(new Canned(body));
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { HttpHandler = handler });
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(status), failure.Status.Detail);
    }

    private static GrpcChannel Channel(GrpcWorld world, GrpcWebMode mode, string version) => GrpcChannel.ForAddress(
        version == "1.1" ? world.Http1Address : world.Address,
        new GrpcChannelOptions { HttpHandler = new GrpcWebHandler(mode, new SocketsHttpHandler()), HttpVersion = new Version(version), DisposeHttpClient = true });

    private sealed class Canned(byte[] body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
            response.Content.Headers.ContentType = new("application/grpc-web");
            return Task.FromResult(response);
        }
    }
}
