using System.Buffers.Text;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Wire;

/// <summary>Calls without side effects as GET requests.</summary>
[CancelAfter(60_000)]
public sealed class ConnectGetTests
{
    private const string Path = "/grpc.testing.TestService/CacheableUnaryCall";

    private static readonly byte[] Request = new SimpleRequest { ResponseSize = 42, Payload = new Payload { Body = ByteString.CopyFrom(0xff, 0xfe, 0x00, 0x20) } }.ToByteArray();

    private static IEnumerable<TestCaseData> Queries()
    {
        yield return new TestCaseData("encoding=json&message=%7B%22responseSize%22%3A42%7D").SetArgDisplayNames("JSON");
        yield return new TestCaseData("connect=v1&encoding=json&message=%7B%22responseSize%22%3A+42%7D").SetArgDisplayNames("a plus for a space");
        yield return new TestCaseData($"encoding=proto&base64=1&message={Base64Url.EncodeToString(Request)}").SetArgDisplayNames("base64");
        yield return new TestCaseData($"encoding=proto&base64=1&message={Uri.EscapeDataString(Convert.ToBase64String(Request))}").SetArgDisplayNames("base64 of mail, padded");
        yield return new TestCaseData($"encoding=proto&message={string.Concat(Request.Select(static b => $"%{b:x2}"))}").SetArgDisplayNames("escaped bytes that are no UTF-8");
        yield return new TestCaseData($"encoding=proto&base64=1&compression=gzip&message={Base64Url.EncodeToString(Gzip(Request))}").SetArgDisplayNames("compressed");
    }

    [TestCaseSource(nameof(Queries))]
    public async Task Call_in_the_query_is_served(string query, CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync();
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await http.GetAsync(new Uri($"{Path}?{query}", UriKind.Relative), cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync(cancellationToken));
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var json = response.Content.Headers.ContentType?.MediaType == "application/json";
        var message = json ? SimpleResponse.Parser.ParseJson(System.Text.Encoding.UTF8.GetString(body)) : SimpleResponse.Parser.ParseFrom(body);
        Assert.That(message.Username, Is.EqualTo("42"));
        Assert.That(response.Headers.GetValues("trailer-served"), Is.EqualTo(new[] { "by get" }));
    }

    [TestCase("encoding=json", 400, "invalid_argument")]
    [TestCase("encoding=json&message=%7B", 400, "invalid_argument")]
    [TestCase("encoding=proto&base64=1&message=***", 400, "invalid_argument")]
    [TestCase("connect=v9&encoding=json&message=%7B%7D", 400, "invalid_argument")]
    [TestCase("encoding=json&compression=lzma&message=%7B%7D", 501, "unimplemented")]
    public async Task Query_that_holds_no_call_is_an_error_object(string query, int status, string code, CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync();
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await http.GetAsync(new Uri($"{Path}?{query}", UriKind.Relative), cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        Assert.That(error.RootElement.GetProperty("code").GetString(), Is.EqualTo(code));
    }

    [TestCase(Path, "encoding=yaml&message=x", HttpStatusCode.UnsupportedMediaType)]
    [TestCase(Path, "", HttpStatusCode.UnsupportedMediaType)]
    [TestCase("/grpc.testing.TestService/UnaryCall", "encoding=json&message=%7B%7D", HttpStatusCode.MethodNotAllowed)]
    public async Task Other_codecs_and_methods_with_effects_are_refused(
        string path, string query, HttpStatusCode status, CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync();
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var response = await http.GetAsync(new Uri($"{path}?{query}", UriKind.Relative), cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Deadline_of_the_header_ends_the_call(CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        http.DefaultRequestHeaders.Add("connect-timeout-ms", "50");
        using var response = await http.GetAsync(new Uri($"{Path}?encoding=json&message=%7B%7D", UriKind.Relative), cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.GatewayTimeout));
    }

    [Test]
    public async Task Conventions_of_the_service_hold_for_get_too()
    {
        var marker = new AuthorizeAttribute("closed");
        await using var world = await GrpcWorld.StartAsync(map: app => app.MapGrpcService<Closed>().WithMetadata(marker));
        var gets = world.Services.GetRequiredService<EndpointDataSource>().Endpoints.Where(static e =>
            e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") is true
            && e.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType == typeof(Closed));
        Assert.That(gets.Select(static e => e.Metadata.GetMetadata<AuthorizeAttribute>()), Is.EqualTo(new[] { marker }));
    }

    [TestCase("connect-protocol-version", "2")]
    public async Task Unknown_version_is_refused_on_post_as_well(string header, string value, CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync();
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent("{}", null, "application/json") };
        request.Headers.Add(header, value);
        using var response = await http.SendAsync(request, cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static async Task<GrpcWorld> WorldAsync()
    {
        var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, context) =>
        {
            context.ResponseTrailers.Add("served", "by get");
            return Task.FromResult(new SimpleResponse { Username = $"{request.ResponseSize}" });
        };
        return world;
    }

    private sealed class Closed : TestService.TestServiceBase;
}
