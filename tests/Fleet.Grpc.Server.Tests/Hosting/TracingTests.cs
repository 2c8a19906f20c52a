using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>What a call tells whoever traces requests.</summary>
[CancelAfter(60_000)]
public sealed class TracingTests
{
    [TestCase(StatusCode.OK, "0")]
    [TestCase(StatusCode.NotFound, "5")]
    public async Task Activity_of_the_request_names_method_and_outcome(StatusCode code, string text, CancellationToken cancellationToken)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var world = await GrpcWorld.StartAsync();
        Activity? seen = null;
        world.Service.Unary = (_, context) =>
        {
            seen = context.GetHttpContext().Features.Get<IHttpActivityFeature>()!.Activity;
            return code == StatusCode.OK
                ? Task.FromResult(Messages.Response())
                : throw new RpcException(new Status(code, "as asked"));
        };
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        try
        {
            await call;
        }
        catch (RpcException e) when (e.StatusCode == code)
        {
            // As asked.
        }

        Assert.That(seen!.GetTagItem("grpc.method"), Is.EqualTo("/grpc.testing.TestService/UnaryCall"));
        Assert.That(seen.GetTagItem("grpc.status_code"), Is.EqualTo(text));
    }

    [TestCase(StatusCode.OK, "0")]
    [TestCase(StatusCode.NotFound, "5")]
    public async Task Activity_of_the_client_names_method_and_outcome(StatusCode code, string text, CancellationToken cancellationToken)
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name is "Grpc.Net.Client" or "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var world = await GrpcWorld.StartAsync();
        string? parent = null;
        world.Service.Unary = (_, context) =>
        {
            parent = context.RequestHeaders.GetValue("traceparent");
            return code == StatusCode.OK ? Task.FromResult(Messages.Response()) : throw new RpcException(new Status(code, "as asked"));
        };
        using var around = new Activity("around").Start();
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(Activity.Current, Is.SameAs(around));
        try
        {
            await call;
        }
        catch (RpcException e) when (e.StatusCode == code)
        {
            // As asked.
        }

        Assert.That(Activity.Current, Is.SameAs(around));
        await Fleet.Testing.Eventually.TrueAsync(() => ended.Count >= 2, "both activities have ended");
        var own = ended.Single(static a => a.OperationName == "Grpc.Net.Client.GrpcOut");
        Assert.That(own.Kind, Is.EqualTo(ActivityKind.Client));
        Assert.That(own.ParentId, Is.EqualTo(around.Id));
        Assert.That(own.Duration, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(own.GetTagItem("grpc.method"), Is.EqualTo("/grpc.testing.TestService/UnaryCall"));
        Assert.That(own.GetTagItem("grpc.status_code"), Is.EqualTo(text));
        var http = ended.Single(a => a.Source.Name == "System.Net.Http" && a.TraceId == own.TraceId);
        Assert.That(http.ParentSpanId, Is.EqualTo(own.SpanId), "the HTTP request belongs to the call");
        Assert.That(parent, Is.EqualTo(http.Id), "and is what the server hears of");
    }

    [Test]
    public async Task Listeners_of_events_see_request_and_response_of_each_attempt(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Output = async (responses, context) =>
        {
            if (++calls == 1)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "not yet"));
            }

            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
        };
        using var events = new Events();
        using var all = DiagnosticListener.AllListeners.Subscribe(events);
        var config = new ServiceConfig
        {
            MethodConfigs =
            {
                new MethodConfig
                {
                    Names = { MethodName.Default },
                    RetryPolicy = new RetryPolicy
                    {
                        MaxAttempts = 2, InitialBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(1), BackoffMultiplier = 1,
                        RetryableStatusCodes = { StatusCode.Unavailable },
                    },
                },
            },
        };
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { ServiceConfig = config }));
        using var other = new Activity("other").Start();
        using (var call = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken))
        {
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        }

        Assert.That(Activity.Current, Is.SameAs(other), "a call that is disposed leaves the activity of whoever disposes it");
        Assert.That(events.Seen.Select(static e => e.Name), Is.EqualTo(new[]
        {
            "Grpc.Net.Client.GrpcOut.Start", "Grpc.Net.Client.GrpcOut.Stop", "Grpc.Net.Client.GrpcOut.Start", "Grpc.Net.Client.GrpcOut.Stop",
        }));
        var values = events.Seen.Select(static e => e.Value).ToArray();
        Assert.That(values.Select(static v => Property<HttpRequestMessage>(v, "Request").RequestUri?.AbsolutePath), Is.All.EqualTo("/grpc.testing.TestService/StreamingOutputCall"));
        Assert.That(Property<HttpRequestMessage>(values[0], "Request"), Is.SameAs(Property<HttpRequestMessage>(values[1], "Request")));
        Assert.That(Property<HttpRequestMessage>(values[0], "Request"), Is.Not.SameAs(Property<HttpRequestMessage>(values[2], "Request")));
        Assert.That((int)Property<HttpResponseMessage>(values[3], "Response").StatusCode, Is.EqualTo(200));
        Assert.That(events.Seen.Where(static e => e.Name.EndsWith("Stop", StringComparison.Ordinal)).Select(static e => e.Current?.GetTagItem("grpc.status_code")), Is.EqualTo(new[] { "14", "1" }));
        Assert.That(events.Seen.Select(static e => e.Current?.OperationName), Is.All.EqualTo("Grpc.Net.Client.GrpcOut"));
        Assert.That(events.Durations, Is.All.GreaterThan(TimeSpan.Zero));
    }

    private static T Property<T>(object value, string name) => (T)value.GetType().GetProperty(name)!.GetValue(value)!;

    private sealed class Events : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly ConcurrentBag<IDisposable> _subscriptions = [];
        private readonly ConcurrentQueue<(string, object, Activity?)> _seen = new();
        private readonly ConcurrentQueue<TimeSpan> _durations = new();

        public IReadOnlyCollection<(string Name, object Value, Activity? Current)> Seen => _seen;

        public IReadOnlyCollection<TimeSpan> Durations => _durations;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Grpc.Net.Client")
            {
                _subscriptions.Add(value.Subscribe(this));
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            _seen.Enqueue((value.Key, value.Value!, Activity.Current));
            if (value.Key.EndsWith("Stop", StringComparison.Ordinal))
            {
                _durations.Enqueue(Activity.Current!.Duration);
            }
        }

        // Leaving the list of listeners alone would leave each of them writing here.
        public void Dispose()
        {
            foreach (var subscription in _subscriptions)
            {
                subscription.Dispose();
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
