using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>The counters that <c>dotnet-counters monitor --counters Grpc.AspNetCore.Server,Grpc.Net.Client</c> shows.</summary>
[CancelAfter(60_000)]
[NonParallelizable]
public sealed class EventCounterTests
{
    [Test]
    public async Task Unary_call_is_counted_while_it_runs_and_when_it_has_ended(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, _) =>
        {
            began.SetResult();
            await release.Task;
            return Messages.Response();
        };
        using var counters = await Counters.StartAsync();
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        await counters.ExpectAsync("total-calls 1, current-calls 1, messages-sent 0, messages-received 1", "total-calls 1, current-calls 1, messages-sent 1, messages-received 0");
        release.SetResult();
        await call;
        await counters.ExpectAsync(
            "total-calls 1, current-calls 0, calls-failed 0, messages-sent 1, messages-received 1",
            "total-calls 1, current-calls 0, calls-failed 0, messages-sent 1, messages-received 1");
    }

    [Test]
    public async Task Messages_of_streams_are_counted_one_by_one(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Duplex = static async (requests, responses, context) =>
        {
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
                await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            }
        };
        using var counters = await Counters.StartAsync();
        using var call = world.Client.FullDuplexCall(cancellationToken: cancellationToken);
        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest(), cancellationToken);
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
        }

        await counters.ExpectAsync(
            "total-calls 1, current-calls 0, calls-failed 0, messages-sent 6, messages-received 3",
            "total-calls 1, current-calls 0, calls-failed 0, messages-sent 3, messages-received 6");
    }

    [TestCase("refused")]
    [TestCase("broken")]
    [TestCase("cancelled")]
    public async Task Failed_calls_are_counted_by_both_sides(string how, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            began.SetResult();
            await (how == "cancelled" ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken) : Task.CompletedTask);
            throw how == "refused" ? new RpcException(new Status(StatusCode.NotFound, "gone")) : new InvalidDataException("torn");
        };
        using var counters = await Counters.StartAsync();
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: source.Token);
        await began.Task.WaitAsync(cancellationToken);
        if (how == "cancelled")
        {
            await source.CancelAsync();
        }

        Assert.ThrowsAsync<RpcException>(async () => await call);
        const string Failed = "total-calls 1, current-calls 0, calls-failed 1, calls-deadline-exceeded 0";
        await counters.ExpectAsync(Failed, Failed);
        world.Errors.Clear();
    }

    [Test]
    public async Task Deadline_is_counted_as_such_by_the_side_that_meets_it([Values] bool onServer, CancellationToken cancellationToken)
    {
        var clock = new TestClock();
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.AddSingleton(onServer ? clock : TimeProvider.System));
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        using var counters = await Counters.StartAsync();
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions
        {
            ServiceProvider = new ServiceCollection().AddSingleton(onServer ? TimeProvider.System : clock).BuildServiceProvider(),
        }));
        using var call = client.UnaryCallAsync(
            Messages.Request(),
            deadline: onServer ? Messages.In(TimeSpan.FromHours(1)) : clock.GetUtcNow().UtcDateTime.AddHours(1),
            cancellationToken: cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await call).StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        await counters.ExpectAsync(
            $"total-calls 1, current-calls 0, calls-failed 1, calls-deadline-exceeded {(onServer ? 1 : 0)}",
            $"total-calls 1, current-calls 0, calls-failed 1, calls-deadline-exceeded {(onServer ? 0 : 1)}");
    }

    [Test]
    public async Task Unknown_methods_are_counted_by_the_server_and_are_no_calls(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var counters = await Counters.StartAsync();
        var service = new UnimplementedService.UnimplementedServiceClient(world.Channel);
        Assert.ThrowsAsync<RpcException>(async () => await service.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken));
        await counters.ExpectAsync("total-calls 0, calls-unimplemented 1", "total-calls 1, calls-failed 1");
    }

    [Test]
    public async Task Call_that_began_uncounted_is_not_counted_down(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (request, _) =>
        {
            began.TrySetResult();
            await (request.FillUsername ? release.Task : Task.CompletedTask);
            return Messages.Response();
        };
        using var before = world.Client.UnaryCallAsync(new SimpleRequest { FillUsername = true }, cancellationToken: cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        using var counters = await Counters.StartAsync();
        release.SetResult();
        await before;
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await counters.ExpectAsync("total-calls 1, current-calls 0", "total-calls 1, current-calls 0");
    }

    /// <summary>Listens to both sources and tells how far each counter has come since.</summary>
    private sealed class Counters : EventListener
    {
        private const string Server = "Grpc.AspNetCore.Server";
        private const string Client = "Grpc.Net.Client";

        private readonly ConcurrentDictionary<string, double> _values = new(StringComparer.Ordinal);
        private readonly Dictionary<string, double> _first = new(StringComparer.Ordinal);

        public static async Task<Counters> StartAsync()
        {
            var counters = new Counters();
            foreach (var source in EventSource.GetSources().Where(static s => s.Name is Server or Client))
            {
                counters.EnableEvents(source, EventLevel.Critical, EventKeywords.None, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.01" });
            }

            await Eventually.TrueAsync(() => counters._values.Count == 13, "every counter has told its value");
            foreach (var (name, value) in counters._values)
            {
                counters._first[name] = value;
            }

            return counters;
        }

        public async Task ExpectAsync(string server, string client)
        {
            var expected = Parse(Server, server).Concat(Parse(Client, client)).ToList();
            try
            {
                await Eventually.TrueAsync(() => expected.All(e => Now(e.Name) == e.Value), "the counters are as expected", TimeSpan.FromSeconds(20));
            }
            catch (AssertionException)
            {
                Assert.Fail(string.Join(", ", expected.Select(e => $"{e.Name}: {Now(e.Name)}, expected {e.Value}")));
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData is { EventName: "EventCounters", Payload: [IDictionary<string, object> counter] })
            {
                _values[$"{eventData.EventSource.Name} {counter["Name"]}"] = (double)counter["Mean"];
            }
        }

        private static IEnumerable<(string Name, double Value)> Parse(string source, string text) => text.Split(", ")
            .Select(static part => part.Split(' '))
            .Select(part => ($"{source} {part[0]}", double.Parse(part[1], System.Globalization.CultureInfo.InvariantCulture)));

        private double Now(string name) => _values[name] - _first[name];
    }
}
