using System.Net;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>Our client against servers that break the protocol.</summary>
[CancelAfter(60_000)]
public sealed class BadServerTests
{
    private static readonly byte[] Whole = Frames.Frame(0, Messages.Response(10).ToByteArray());

    [TestCase(307, StatusCode.Unknown)]
    [TestCase(400, StatusCode.Internal)]
    [TestCase(401, StatusCode.Unauthenticated)]
    [TestCase(403, StatusCode.PermissionDenied)]
    [TestCase(404, StatusCode.Unimplemented)]
    [TestCase(429, StatusCode.Unavailable)]
    [TestCase(431, StatusCode.Internal)]
    [TestCase(500, StatusCode.Unknown)]
    [TestCase(502, StatusCode.Unavailable)]
    [TestCase(503, StatusCode.Unavailable)]
    [TestCase(504, StatusCode.Unavailable)]
    public async Task Http_status_without_a_grpc_status_is_mapped(int http, StatusCode code, CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(
            context =>
            {
                context.Response.StatusCode = http;
                return Task.CompletedTask;
            },
            cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(code));
        Assert.That(status.Detail, Is.EqualTo($"Bad gRPC response. HTTP status code: {http}"));
    }

    [Test]
    public async Task Call_is_not_led_elsewhere_by_an_answer(CancellationToken cancellationToken)
    {
        var requests = 0;
        var status = await StatusOfAsync(
            context =>
            {
                requests++;
                context.Response.StatusCode = 308;
                context.Response.Headers.Location = "/elsewhere";
                return Task.CompletedTask;
            },
            cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(requests, Is.EqualTo(1));
    }

    [TestCase(7, StatusCode.Unavailable, "REFUSED_STREAM")]
    [TestCase(8, StatusCode.Cancelled, "CANCEL")]
    [TestCase(11, StatusCode.ResourceExhausted, "ENHANCE_YOUR_CALM")]
    [TestCase(12, StatusCode.PermissionDenied, "INADEQUATE_SECURITY")]
    [TestCase(2, StatusCode.Internal, "INTERNAL_ERROR")]
    public async Task Reset_of_the_stream_is_mapped(int error, StatusCode code, string name, CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(
            async context =>
            {
                await Begin(context);
                context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(error);
            },
            cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(code), name);
    }

    [Test]
    public async Task Another_content_type_is_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => context.Response.WriteAsync("<html>", CancellationToken.None), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(status.Detail, Does.Contain("content-type"));
    }

    [Test]
    public async Task Missing_trailers_are_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => WriteAsync(context, Whole, null), cancellationToken);
        Assert.That(status.Detail, Is.EqualTo("No grpc-status found on response."));
    }

    [Test]
    public async Task Ok_without_a_message_is_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => WriteAsync(context, [], "0"), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Internal));
    }

    [Test]
    public async Task Two_messages_to_a_unary_call_are_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => WriteAsync(context, [.. Whole, .. Whole], "0"), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Internal));
    }

    [TestCase(3)]
    [TestCase(9)]
    public async Task Half_a_message_is_a_failure(int length, CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(context => WriteAsync(context, Whole[..length], "0"), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Internal));
    }

    [Test]
    public async Task Message_that_is_no_protobuf_is_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => WriteAsync(context, Frames.Frame(0, [0xff, 0xff]), "0"), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Internal));
        Assert.That(status.Detail, Does.Contain("deserialize"));
    }

    [Test]
    public async Task Unknown_encoding_is_a_failure(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(
            static context =>
            {
                context.Response.Headers["grpc-encoding"] = "lzma";
                return WriteAsync(context, [1, .. Whole[1..]], "0");
            },
            cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Status_that_is_no_number_is_unknown(CancellationToken cancellationToken)
    {
        var status = await StatusOfAsync(static context => WriteAsync(context, Whole, "fine"), cancellationToken);
        Assert.That(status.StatusCode, Is.EqualTo(StatusCode.Unknown));
    }

    [Test]
    public async Task Nobody_listening_is_unavailable(CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Peers.RubyTests.FreePort()}");
        var client = new TestService.TestServiceClient(channel);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.EmptyCallAsync(new Empty(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
    }

    private static async Task Begin(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    private static async Task WriteAsync(HttpContext context, byte[] body, string? status)
    {
        await Begin(context);
        await context.Response.BodyWriter.WriteAsync(body, CancellationToken.None);
        if (status is not null)
        {
            context.Response.AppendTrailer("grpc-status", status);
        }
    }

    private static async Task<Status> StatusOfAsync(RequestDelegate answer, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0, static e => e.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await answer(context);
        });
        await app.StartAsync(cancellationToken);
        using var channel = GrpcChannel.ForAddress(app.Urls.First());
        var client = new TestService.TestServiceClient(channel);
        try
        {
            await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }
        catch (RpcException e)
        {
            return e.Status;
        }

        throw new AssertionException("The call succeeded.");
    }
}
