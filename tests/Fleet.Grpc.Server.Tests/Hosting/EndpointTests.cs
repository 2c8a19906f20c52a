using System.Net;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>The routes of services among those of the application.</summary>
[CancelAfter(60_000)]
public sealed class EndpointTests
{
    [TestCase("grpc.testing.UnimplementedService/UnimplementedCall", 204)]
    [TestCase("grpc.testing.UnimplementedService/NoSuchCall", 204)]
    [TestCase("grpc.testing.TestService/UnaryCall", 405)]
    [TestCase("grpc.testing.TestService/NoSuchCall", 404)]
    public async Task Browser_of_another_origin_is_answered_where_it_is_allowed(string path, int status, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services.AddCors(static o => o.AddPolicy("all", static p => p.AllowAnyOrigin().WithMethods("POST"))),
            map: static app =>
            {
                app.UseCors();
                app.MapGrpcService<Other>().RequireCors("all");
            });
        using var http = new HttpClient(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(world.Http1Address, path));
        request.Headers.TryAddWithoutValidation("Origin", "http://elsewhere.example");
        request.Headers.TryAddWithoutValidation("Access-Control-Request-Method", "POST");
        using var response = await http.SendAsync(request, cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(
            response.Headers.TryGetValues("Access-Control-Allow-Methods", out var methods) ? methods.Single() : null,
            Is.EqualTo(status == 204 ? "POST" : null));
    }

    [Test]
    public async Task Conventions_of_a_service_hold_for_its_unknown_methods(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services.AddAuthorization().AddAuthentication("none").AddScheme<NoOne.Settings, NoOne>("none", null),
            map: static app =>
            {
                app.UseAuthorization();
                app.MapGrpcService<Other>().RequireAuthorization();
            });
        var invoker = world.Channel.CreateCallInvoker();
        foreach (var (service, method, code) in new[]
        {
            ("grpc.testing.UnimplementedService", "UnimplementedCall", StatusCode.Unauthenticated),
            ("grpc.testing.UnimplementedService", "NoSuchCall", StatusCode.Unauthenticated),
            ("grpc.testing.TestService", "NoSuchCall", StatusCode.Unimplemented),
        })
        {
            var call = new Method<string, string>(MethodType.Unary, service, method, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
            var failure = Assert.ThrowsAsync<RpcException>(async () =>
                await invoker.AsyncUnaryCall(call, null, new CallOptions(cancellationToken: cancellationToken), "?"));
            Assert.That(failure.StatusCode, Is.EqualTo(code), method);
        }
    }

    [Test]
    public async Task Routes_of_the_application_are_its_own(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(map: static app => app.MapFallback(static http => http.Response.WriteAsync("page", http.RequestAborted)));
        using var http = new HttpClient(new SocketsHttpHandler());
        Assert.That(await http.GetStringAsync(new Uri(world.Http1Address, "some/page"), cancellationToken), Is.EqualTo("page"));
        using var posted = await http.PostAsync(new Uri(world.Http1Address, "some/page"), new StringContent("{}"), cancellationToken);
        Assert.That(await posted.Content.ReadAsStringAsync(cancellationToken), Is.EqualTo("page"));
        Assert.That(posted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Unknown_calls_are_left_to_others_if_the_application_says_so(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.IgnoreUnknownServices = true);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unimplemented), "the method is known to the generated base");
        var service = new UnimplementedService.UnimplementedServiceClient(world.Channel);
        failure = Assert.ThrowsAsync<RpcException>(async () => await service.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken));
        Assert.That(failure.Status.Detail, Is.EqualTo("Bad gRPC response. HTTP status code: 404"));
    }

    private sealed class Other : UnimplementedService.UnimplementedServiceBase
    {
        public override Task<Empty> UnimplementedCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());
    }
}
