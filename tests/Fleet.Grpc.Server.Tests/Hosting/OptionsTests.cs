using System.IO.Compression;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Grpc.Net.Compression;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>Options of services and clients: what holds by itself, what wins, what is refused.</summary>
[CancelAfter(60_000)]
public sealed class OptionsTests
{
    [Test]
    public void Options_tell_what_holds_by_itself()
    {
        var services = new ServiceCollection();
        services.AddGrpc(static o => (o.EnableDetailedErrors, o.MaxSendMessageSize) = (true, 1));
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        Assert.That(options.MaxReceiveMessageSize, Is.EqualTo(4 << 20));
        Assert.That(options.MaxReceiveMessageSizeSpecified, Is.False);
        Assert.That(options.MaxSendMessageSize, Is.EqualTo(1));
        Assert.That(options.CompressionProviders.Select(static p => p.EncodingName), Is.EqualTo(new[] { "gzip", "deflate" }));
    }

    [Test]
    public void Options_of_a_service_begin_as_those_of_all()
    {
        var services = new ServiceCollection();
        services.AddGrpc(static o => (o.EnableDetailedErrors, o.MaxSendMessageSize, o.MaxReceiveMessageSize) = (true, 1, null))
            .AddServiceOptions<ScriptedService>(static o => o.MaxSendMessageSize = 2);
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<GrpcServiceOptions<ScriptedService>>>().Value;
        Assert.That(options.EnableDetailedErrors, Is.True);
        Assert.That(options.MaxSendMessageSize, Is.EqualTo(2));
        Assert.That(options.MaxReceiveMessageSize, Is.Null);
        Assert.That(options.MaxReceiveMessageSizeSpecified, Is.True);
        Assert.That(options.CompressionProviders, Has.Count.EqualTo(2));
    }

    [Test]
    public void Encoding_of_responses_that_nobody_provides_is_refused_when_the_service_is_mapped() => Assert.That(
        () => GrpcWorld.StartAsync(static o => o.ResponseCompressionAlgorithm = "DOES_NOT_EXIST"),
        Throws.InvalidOperationException.With.Message.Contains("'DOES_NOT_EXIST' does not have a matching compression provider"));

    [Test]
    public async Task Encodings_that_are_named_replace_those_of_the_beginning(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.CompressionProviders = [new DeflateCompressionProvider(CompressionLevel.Fastest)]);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(
            Messages.Request(), new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: cancellationToken));
        Assert.That(failure.Status.Detail, Is.EqualTo("Unsupported grpc-encoding value 'gzip'. Supported encodings: identity, deflate"));
        await world.Client.UnaryCallAsync(
            Messages.Request(), new Metadata { { "grpc-internal-encoding-request", "deflate" } }, cancellationToken: cancellationToken);
    }

    [Test]
    public void Credentials_over_plain_text_are_refused_when_the_client_is_made()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>("plain", static o => o.Address = new Uri("http://localhost:1"))
            .AddCallCredentials(static (_, _) => Task.CompletedTask);
        services.AddGrpcClient<TestService.TestServiceClient>("secure", static o => o.Address = new Uri("https://localhost:1"))
            .AddCallCredentials(static (_, _) => Task.CompletedTask);
        services.AddGrpcClient<TestService.TestServiceClient>("meant", static o => o.Address = new Uri("http://localhost:1"))
            .AddCallCredentials(static (_, _) => Task.CompletedTask)
            .ConfigureChannel(static o => o.UnsafeUseInsecureChannelCallCredentials = true);
        using var provider = services.BuildServiceProvider();
        var clients = provider.GetRequiredService<GrpcClientFactory>();
        Assert.That(
            () => clients.CreateClient<TestService.TestServiceClient>("plain"),
            Throws.InvalidOperationException.With.Message.StartsWith("Call credential configured for gRPC client 'plain' requires TLS"));
        Assert.That(clients.CreateClient<TestService.TestServiceClient>("secure"), Is.Not.Null);
        Assert.That(clients.CreateClient<TestService.TestServiceClient>("meant"), Is.Not.Null);
    }

    [Test]
    public async Task Headers_of_the_http_client_are_sent_unless_the_call_has_its_own(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        string?[] seen = [];
        world.Service.Unary = (_, context) =>
        {
            seen = [context.RequestHeaders.GetValue("authorization"), context.RequestHeaders.GetValue("http"), context.RequestHeaders.GetValue("call")];
            return Task.FromResult(Messages.Response());
        };
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>(o => o.Address = world.Address).ConfigureHttpClient(static http =>
        {
            http.BaseAddress = new Uri("http://localhost:1");
            http.DefaultRequestHeaders.Add("authorization", "bearer of http");
            http.DefaultRequestHeaders.Add("http", "from http");
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<TestService.TestServiceClient>();
        await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(seen, Is.EqualTo(new[] { "bearer of http", "from http", null }));
        var own = new Metadata { { "authorization", "bearer of call" }, { "call", "from call" } };
        await client.UnaryCallAsync(Messages.Request(), own, cancellationToken: cancellationToken);
        Assert.That(seen, Is.EqualTo(new[] { "bearer of call", "from http", "from call" }));
    }

    [TestCase(null, "nothing")]
    [TestCase("text", "System.String")]
    public void Creator_that_makes_no_client_is_refused(object? made, string what)
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TestService.TestServiceClient>(static o => o.Address = new Uri("http://localhost:1"))
            .ConfigureGrpcClientCreator(_ => made!);
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredService<TestService.TestServiceClient>(),
            Throws.InvalidOperationException.With.Message.Contains(what).And.Message.Contains("TestServiceClient"));
    }

    [Test]
    public void Interceptor_that_is_none_is_refused() => Assert.That(
        () => new InterceptorCollection().Add(typeof(string)), Throws.ArgumentException.With.Property("ParamName").EqualTo("interceptorType"));

    [Test]
    public void Config_that_names_a_method_twice_is_refused()
    {
        var config = new global::Grpc.Net.Client.Configuration.ServiceConfig();
        for (var i = 0; i < 2; i++)
        {
            config.MethodConfigs.Add(new() { Names = { new() { Service = "a", Method = "b" } } });
        }

        Assert.That(
            () => global::Grpc.Net.Client.GrpcChannel.ForAddress("http://localhost", new() { ServiceConfig = config }),
            Throws.InvalidOperationException.With.Message.Contains("a/b"));
    }
}
