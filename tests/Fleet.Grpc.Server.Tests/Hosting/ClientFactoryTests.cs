using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class ClientFactoryTests
{
    private readonly List<string> _seen = [];
    private GrpcWorld _world = null!;

    [SetUp]
    public async Task StartServer()
    {
        _seen.Clear();
        _world = await GrpcWorld.StartAsync();
        _world.Service.Unary = (_, context) =>
        {
            _seen.AddRange(context.RequestHeaders.Where(static h => h.Key is "trace" or "authorization").Select(static h => h.Value));
            return Task.FromResult(Messages.Response());
        };
    }

    [TearDown]
    public async Task StopServer() => await _world.DisposeAsync();

    [Test]
    public async Task Client_is_taken_from_the_container_and_calls(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<TestService.TestServiceClient>();
        await CallAsync(client, cancellationToken);
        Assert.That(provider.GetRequiredService<TestService.TestServiceClient>(), Is.Not.SameAs(client));
    }

    [Test]
    public async Task Clients_of_one_name_share_one_channel(CancellationToken cancellationToken)
    {
        var channels = 0;
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>((_, o) => o.Address = _world.Address).ConfigureChannel(_ => channels++);
        await using var provider = services.BuildServiceProvider();
        await CallAsync(provider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        using var scope = provider.CreateScope();
        await CallAsync(scope.ServiceProvider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        Assert.That(channels, Is.EqualTo(1));
    }

    [Test]
    public async Task Two_names_are_two_clients_with_options_of_their_own(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>("near", o => o.Address = _world.Address);
        services.AddGrpcClient<TestService.TestServiceClient>("far", o => o.Address = _world.Address)
            .ConfigureChannel((_, o) => o.MaxSendMessageSize = 10);
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<GrpcClientFactory>();
        await CallAsync(factory.CreateClient<TestService.TestServiceClient>("near"), cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(() => CallAsync(factory.CreateClient<TestService.TestServiceClient>("far"), cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Interceptors_live_as_long_as_their_scope_says(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        var made = 0;
        services.AddScoped(_ => new Tracer($"scoped{++made}"));
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address)
            .AddInterceptor(static () => new Tracer("shared"))
            .AddInterceptor<Tracer>(InterceptorScope.Client);
        await using var provider = services.BuildServiceProvider();
        for (var i = 0; i < 2; i++)
        {
            using var scope = provider.CreateScope();
            await CallAsync(scope.ServiceProvider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        }

        Assert.That(_seen, Is.EqualTo(new[] { "scoped1, shared", "scoped2, shared" }));
    }

    [Test]
    public async Task Call_credentials_come_with_each_call_beside_those_of_the_call(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddScoped(static _ => new Token("from the scope"));
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address)
            .ConfigureChannel(static o => o.UnsafeUseInsecureChannelCallCredentials = true)
            .AddCallCredentials(static (_, headers, scope) =>
            {
                headers.Add("authorization", scope.GetRequiredService<Token>().Value);
                return Task.CompletedTask;
            })
            .AddCallCredentials(CallCredentials.FromInterceptor(static (context, headers) =>
            {
                headers.Add("trace", context.MethodName);
                return Task.CompletedTask;
            }));
        await using var provider = services.BuildServiceProvider();
        using var scope = provider.CreateScope();
        await CallAsync(scope.ServiceProvider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        Assert.That(_seen, Is.EquivalentTo(new[] { "from the scope", "UnaryCall" }));
    }

    [Test]
    public async Task Handlers_of_the_http_client_see_the_requests(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address)
            .AddHttpMessageHandler(static () => new TraceHandler());
        await using var provider = services.BuildServiceProvider();
        await CallAsync(provider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        Assert.That(_seen, Is.EqualTo(new[] { "by the handler" }));
    }

    [Test]
    public async Task Base_address_of_the_http_client_is_the_address(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>().ConfigureHttpClient(http => http.BaseAddress = _world.Address);
        await using var provider = services.BuildServiceProvider();
        await CallAsync(provider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
    }

    [Test]
    public async Task Creator_makes_the_client(CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address)
            .ConfigureGrpcClientCreator(static (_, invoker) => new TestService.TestServiceClient(invoker.Intercept(new Tracer("created"))));
        await using var provider = services.BuildServiceProvider();
        await CallAsync(provider.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
        Assert.That(_seen, Is.EqualTo(new[] { "created" }));
    }

    [Test]
    public void Client_without_an_address_says_how_to_set_one()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>();
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredService<TestService.TestServiceClient>(),
            Throws.InvalidOperationException.With.Message.Contains("TestServiceClient").And.Message.Contains("Address"));
    }

    [Test]
    public void Name_stands_for_one_class()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>("ledger");
        Assert.That(
            () => services.AddGrpcClient<UnimplementedService.UnimplementedServiceClient>("ledger"),
            Throws.InvalidOperationException.With.Message.Contains("ledger"));
        Assert.That(
            () => services.AddHttpClient("plain").AddInterceptor(static () => new Tracer("none")),
            Throws.InvalidOperationException.With.Message.Contains("plain"));
    }

    [Test]
    public async Task Deadline_and_cancellation_of_the_served_call_are_handed_on(CancellationToken cancellationToken)
    {
        var deadline = DateTime.MaxValue;
        _world.Service.Unary = async (_, context) =>
        {
            deadline = context.Deadline;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        await using var front = await FrontAsync(static _ => { });
        var failure = Assert.ThrowsAsync<RpcException>(async () => await front.Client.UnaryCallAsync(
            Messages.Request(), deadline: Messages.In(TimeSpan.FromMilliseconds(300)), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(deadline, Is.LessThan(DateTime.MaxValue), "the call behind had the deadline of the call in front");
    }

    [Test]
    public async Task Propagation_outside_of_a_call_is_refused_unless_it_may_fail(CancellationToken cancellationToken)
    {
        await using var strict = await FrontAsync(static _ => { });
        Assert.That(
            async () => await CallAsync(strict.Services.GetRequiredService<TestService.TestServiceClient>(), cancellationToken),
            Throws.InvalidOperationException);
        await using var lenient = await FrontAsync(static o => o.SuppressContextNotFoundErrors = true);
        await CallAsync(lenient.Services.GetRequiredService<TestService.TestServiceClient>(), cancellationToken);
    }

    private static async Task CallAsync(TestService.TestServiceClient client, CancellationToken cancellationToken) =>
        await client.UnaryCallAsync(Messages.Request(100), cancellationToken: cancellationToken);

    // A server whose service calls the other one.
    private async Task<GrpcWorld> FrontAsync(Action<global::Grpc.AspNetCore.ClientFactory.GrpcContextPropagationOptions> configure)
    {
        var front = await GrpcWorld.StartAsync(configure: b => b.Services
            .AddGrpcClient<TestService.TestServiceClient>(o => o.Address = _world.Address)
            .EnableCallContextPropagation(configure));
        front.Service.Unary = async (request, context) => await context.GetHttpContext().RequestServices
            .GetRequiredService<TestService.TestServiceClient>().UnaryCallAsync(request, cancellationToken: CancellationToken.None);
        return front;
    }

    private sealed record Token(string Value);

    private sealed class Tracer(string value) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = context.Options.Headers ?? [];
            headers.Add("trace", value);
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }

    private sealed class TraceHandler : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("trace", "by the handler");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
