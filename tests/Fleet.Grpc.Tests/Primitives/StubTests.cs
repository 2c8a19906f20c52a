using System.Text;
using Grpc.Core;
using Grpc.Health.V1;

namespace Fleet.Grpc.Tests.Core;

public sealed class StubTests
{
    private static readonly Method<string, string> Echo = new(
        MethodType.Unary, "pkg.Service", "Echo", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    [Test]
    public void Method_knows_its_path() => Assert.That(Echo.FullName, Is.EqualTo("/pkg.Service/Echo"));

    [Test]
    public void Marshaller_over_arrays_and_over_contexts_agree()
    {
        var arrays = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
        var contexts = Marshallers.Create<string>(
            static (text, context) => context.Complete(Encoding.UTF8.GetBytes(text)),
            static context => Encoding.UTF8.GetString(context.PayloadAsNewBuffer()));
        Assert.That(contexts.Deserializer(arrays.Serializer("grün")), Is.EqualTo("grün"));
        Assert.That(arrays.Deserializer(contexts.Serializer("grün")), Is.EqualTo("grün"));
    }

    [Test]
    public void Serializer_that_does_not_complete_is_told()
    {
        var marshaller = Marshallers.Create<string>(static (_, _) => { }, static _ => string.Empty);
        Assert.That(() => marshaller.Serializer("x"), Throws.InvalidOperationException);
    }

    [Test]
    public void Definition_hands_its_methods_over_and_refuses_a_second_one_of_the_name()
    {
        UnaryServerMethod<string, string> serve = static (request, _) => Task.FromResult(request);
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(Echo, serve);
        Assert.That(() => builder.AddMethod(Echo, serve), Throws.ArgumentException.With.Message.Contains("/pkg.Service/Echo"));
        var binder = new Binder();
        builder.Build().BindService(binder);
        Assert.That(binder.Names, Is.EqualTo(new[] { "/pkg.Service/Echo" }));
    }

    [Test]
    public void Generated_binding_lists_methods_without_an_instance()
    {
        var binder = new Binder();
        Assert.That(() => Health.BindService(binder, null!), Throws.InstanceOf<NotSupportedException>(), "this binder takes unary methods only");
        Assert.That(binder.Names, Is.EqualTo(new[] { "/grpc.health.v1.Health/Check" }));
    }

    [Test]
    public void Client_for_another_host_passes_it_on()
    {
        var invoker = new HostInvoker();
        var client = new Health.HealthClient(invoker);
        client.Check(new HealthCheckRequest());
        client.WithHost("other").Check(new HealthCheckRequest());
        Assert.That(invoker.Hosts, Is.EqualTo(new[] { null, "other" }));
    }

    [Test]
    public void Call_options_are_copied_with_one_change()
    {
        var headers = new Metadata();
        var deadline = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var options = new CallOptions(headers).WithDeadline(deadline).WithWaitForReady();
        Assert.That(options.Headers, Is.SameAs(headers));
        Assert.That(options.Deadline, Is.EqualTo(deadline));
        Assert.That(options.IsWaitForReady, Is.True);
        Assert.That(options.WithHeaders([]).Deadline, Is.EqualTo(deadline));
    }

    [Test]
    public void Status_tells_itself()
    {
        Assert.That(new Status(StatusCode.NotFound, "no").ToString(), Is.EqualTo("Status(StatusCode=\"NotFound\", Detail=\"no\")"));
        Assert.That(new Status(StatusCode.OK, "") == Status.DefaultSuccess, Is.True);
        Assert.That(new RpcException(new Status(StatusCode.Aborted, "x")).Trailers, Is.Empty);
    }

    private sealed class Binder : ServiceBinderBase
    {
        public List<string> Names { get; } = [];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Names.Add(method.FullName);
    }

    private sealed class HostInvoker : CallInvoker
    {
        public List<string?> Hosts { get; } = [];

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            Hosts.Add(host);
            return (TResponse)(object)new HealthCheckResponse();
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
