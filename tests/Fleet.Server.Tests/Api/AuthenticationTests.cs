using Fleet.Server.Tests.Hosting;
using Fleet.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;

namespace Fleet.Server.Tests.Api;

[TestFixture]
internal sealed class AuthenticationTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static b => b, static b => b);

    private ServerWorld _world = null!;

    private static IEnumerable<MethodDescriptor> ClosedMethods =>
        new[]
            {
                TerminalsReflection.Descriptor, CommandsReflection.Descriptor, TransactionsReflection.Descriptor,
                global::Grpc.Reflection.V1.ReflectionReflection.Descriptor, global::Grpc.Reflection.V1Alpha.ReflectionReflection.Descriptor,
            }
            .SelectMany(static f => f.Services)
            .SelectMany(static s => s.Methods);

    [OneTimeSetUp]
    public async Task StartAsync() => _world = await ServerWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCaseSource(nameof(ClosedMethods))]
    public async Task Method_without_token_is_unauthenticated(MethodDescriptor method)
    {
        Assert.That(await CallAsync(_world.Channel.CreateCallInvoker(), method), Is.EqualTo(StatusCode.Unauthenticated));
    }

    [TestCaseSource(nameof(ClosedMethods))]
    public async Task Method_with_a_wrong_token_is_unauthenticated(MethodDescriptor method)
    {
        Assert.That(await CallAsync(_world.With(_world.Token[..^1] + "x"), method), Is.EqualTo(StatusCode.Unauthenticated));
    }

    [TestCase("")]
    [TestCase("Bearer")]
    [TestCase("Bearer ")]
    [TestCase("Basic YWRtaW46YWRtaW4=")]
    public void Header_that_is_no_bearer_token_is_unauthenticated(string header)
    {
        var client = new Terminals.TerminalsClient(_world.Channel);

        var failure = Assert.ThrowsAsync<RpcException>(async () =>
            await client.ListTerminalsAsync(new ListTerminalsRequest(), new Metadata { { "authorization", header } }));
        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    [Test]
    public void Missing_token_is_told_with_the_way_to_it()
    {
        var client = new Terminals.TerminalsClient(_world.Channel);

        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.ListTerminalsAsync(new ListTerminalsRequest()));
        Assert.That(failure!.Status.Detail, Does.Contain("authorization: Bearer").And.Contain("operator.token"));
    }

    [Test]
    public async Task Health_needs_no_token()
    {
        var health = await new Health.HealthClient(_world.Channel).CheckAsync(new HealthCheckRequest());

        Assert.That(health.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Reflection_can_be_switched_off()
    {
        await using var world = await ServerWorld.StartAsync(("Operators:Reflection", "false"));
        var method = ClosedMethods.First(static m => m.Service.FullName == "grpc.reflection.v1.ServerReflection");

        Assert.That(await CallAsync(world.Operator, method), Is.EqualTo(StatusCode.Unimplemented));
    }

    private static async Task<StatusCode> CallAsync(CallInvoker invoker, MethodDescriptor descriptor)
    {
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20));
        try
        {
            if (descriptor.IsClientStreaming)
            {
                using var duplex = invoker.AsyncDuplexStreamingCall(Of(descriptor, MethodType.DuplexStreaming), null, options);
                await duplex.RequestStream.CompleteAsync();
                await duplex.ResponseStream.MoveNext(CancellationToken.None);
            }
            else if (descriptor.IsServerStreaming)
            {
                using var stream = invoker.AsyncServerStreamingCall(Of(descriptor, MethodType.ServerStreaming), null, options, []);
                await stream.ResponseStream.MoveNext(CancellationToken.None);
            }
            else
            {
                await invoker.AsyncUnaryCall(Of(descriptor, MethodType.Unary), null, options, []);
            }

            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static Method<byte[], byte[]> Of(MethodDescriptor descriptor, MethodType type) =>
        new(type, descriptor.Service.FullName, descriptor.Name, Bytes, Bytes);
}
