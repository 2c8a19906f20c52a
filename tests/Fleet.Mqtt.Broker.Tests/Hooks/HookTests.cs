using System.Collections.Concurrent;
using System.Text;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Hooks;

/// <summary>What the product plugs in: the acknowledgement that waits for a commit, messages to one client, who comes and goes.</summary>
[TestFixture]
public sealed class HookTests
{
    [Test]
    public async Task Hook_that_blocks_its_thread_stalls_no_other_connection()
    {
        // Hooks must not block; when one does all the same, as a database that turns slow would, it is its own client that waits.
        using var blocker = new Blocker();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(blocker).AddSingleton<IMqttPublishInterceptor>(blocker));
        var busy = await broker.ConnectAsync("busy");
        var waiting = busy.PublishAsync("slow", "x").AsTask();
        var refused = broker.ConnectAsync("slow");
        await blocker.TwoAreBlockedAsync();
        var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("fast");
        for (var i = 0; i < 100; i++)
        {
            await other.PublishAsync("fast", $"{i}");
            Assert.That(await other.NextTextAsync(), Is.EqualTo($"{i}"));
        }

        Assert.That((waiting.IsCompleted, refused.IsCompleted), Is.EqualTo((false, false)));
        blocker.Release();
        Assert.That((await waiting).IsSuccess, Is.True);
        await refused;
    }

    [Test]
    public async Task Acknowledgement_waits_for_the_interceptor()
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        var client = await broker.ConnectAsync("c");
        var publish = client.PublishAsync("up/1", "x").AsTask();
        var (message, commit) = await committer.NextAsync();
        Assert.That((message.Client.ClientId, message.Topic, Encoding.UTF8.GetString(message.Payload.Span)), Is.EqualTo(("c", "up/1", "x")));
        Assert.That(publish.IsCompleted, Is.False);
        commit.SetResult(MqttPublishVerdict.Consumed);
        Assert.That((await publish).ReasonCode, Is.EqualTo(MqttReasonCode.Success));
    }

    [Test]
    public async Task Acknowledgements_leave_in_the_order_of_arrival()
    {
        // [MQTT-4.6.0-2]
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        using var raw = broker.Raw();
        raw.Send("10 0C 0004 4D515454 04 02 0000 0000").Expect("20 02 00 00");
        raw.Send("32 07 0002 7570 0001 78 32 07 0002 7570 0002 78 34 07 0002 7570 0003 78");
        var first = await committer.NextAsync();
        var second = await committer.NextAsync();
        var third = await committer.NextAsync();
        third.Commit.SetResult(MqttPublishVerdict.Consumed);
        second.Commit.SetResult(MqttPublishVerdict.Consumed);
        raw.ExpectAlive();
        first.Commit.SetResult(MqttPublishVerdict.Consumed);
        raw.Expect("40 02 0001 40 02 0002 50 02 0003");
    }

    [Test]
    public async Task Old_client_with_more_than_receive_maximum_undecided_is_held_and_not_cut()
    {
        // 3.1.1 knows no Receive Maximum: nobody told the client.
        var clock = new TestClock();
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ReceiveMaximum = 2 }, clock, s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        using var raw = broker.Raw();
        raw.Send("10 0D 0004 4D515454 04 02 000A 0001 63").Expect("20 02 00 00");
        raw.Send("32 06 0002 7570 0001 32 06 0002 7570 0002 32 06 0002 7570 0003");
        var first = await committer.NextAsync();
        var second = await committer.NextAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(broker.Broker.Connections, Has.Count.EqualTo(1), "a client that is not read is not silent");
        first.Commit.SetResult(MqttPublishVerdict.Consumed);
        raw.Expect("40 02 0001");
        var third = await committer.NextAsync();
        second.Commit.SetResult(MqttPublishVerdict.Consumed);
        third.Commit.SetResult(MqttPublishVerdict.Consumed);
        raw.Expect("40 02 0002 40 02 0003");
    }

    [Test]
    public async Task Consumed_message_is_not_routed_and_a_routed_one_is()
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("#");
        var consumed = client.PublishAsync("up", "consumed").AsTask();
        (await committer.NextAsync()).Commit.SetResult(MqttPublishVerdict.Consumed);
        await consumed;
        var routed = client.PublishAsync("up", "routed").AsTask();
        (await committer.NextAsync()).Commit.SetResult(MqttPublishVerdict.Route);
        await routed;
        Assert.That(await client.NextTextAsync(), Is.EqualTo("routed"));
    }

    [Test]
    public async Task Refusal_of_the_interceptor_reaches_the_publisher([Values(MqttQos.AtLeastOnce, MqttQos.ExactlyOnce)] MqttQos qos)
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        var client = await broker.ConnectAsync("c");
        var publish = client.PublishAsync("up", "x", qos).AsTask();
        (await committer.NextAsync()).Commit.SetResult(MqttPublishVerdict.Refuse(MqttReasonCode.QuotaExceeded));
        Assert.That((await publish).ReasonCode, Is.EqualTo(MqttReasonCode.QuotaExceeded));
    }

    [Test]
    public async Task Failing_interceptor_refuses_the_message_and_is_logged()
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        var client = await broker.ConnectAsync("c");
        var publish = client.PublishAsync("up", "x").AsTask();
        (await committer.NextAsync()).Commit.SetException(new InvalidOperationException("no disk"));
        Assert.That((await publish).ReasonCode, Is.EqualTo(MqttReasonCode.UnspecifiedError));
        Assert.That(UnexpectedErrors.Instance.Take(), Has.Some.Contains("no disk"));
    }

    [Test]
    public async Task Payload_lent_to_the_interceptor_stays_whole_until_its_task_completes()
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        var client = await broker.ConnectAsync("c");
        var publishes = Enumerable.Range(0, 200).Select(i => client.PublishAsync("up", new string((char)('a' + (i % 26)), 300)).AsTask()).ToArray();
        List<(MqttInboundPublish Message, TaskCompletionSource<MqttPublishVerdict> Commit)> all = [];
        for (var i = 0; i < 200; i++)
        {
            all.Add(await committer.NextAsync());
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.That(Encoding.UTF8.GetString(all[i].Message.Payload.Span), Is.EqualTo(new string((char)('a' + (i % 26)), 300)));
            all[i].Commit.SetResult(MqttPublishVerdict.Consumed);
        }

        await Task.WhenAll(publishes);
    }

    [Test]
    public async Task Direct_message_completes_at_the_acknowledgement_of_the_client()
    {
        await using var broker = await TestBroker.StartAsync();
        var client = await broker.ConnectAsync("c");
        var sending = broker.Broker.PublishToAsync("c", new MqttMessage { Topic = "cmd", Payload = "x"u8.ToArray() }, CancellationToken.None).AsTask();
        var incoming = await client.NextUnacknowledgedAsync();
        Assert.That(sending.IsCompleted, Is.False);
        await client.AcknowledgeAsync(incoming, CancellationToken.None);
        Assert.That((await sending).Delivery, Is.EqualTo(MqttDelivery.Delivered));
    }

    [Test]
    public async Task Direct_message_that_the_client_refuses_says_so()
    {
        await using var broker = await TestBroker.StartAsync();
        var client = await broker.ConnectAsync("c");
        var sending = broker.Broker.PublishToAsync("c", new MqttMessage { Topic = "cmd" }, CancellationToken.None).AsTask();
        await client.AcknowledgeAsync(await client.NextUnacknowledgedAsync(), MqttReasonCode.PayloadFormatInvalid, CancellationToken.None);
        var result = await sending;
        Assert.That((result.Delivery, result.ReasonCode), Is.EqualTo((MqttDelivery.Refused, MqttReasonCode.PayloadFormatInvalid)));
    }

    [Test]
    public async Task Direct_message_to_nobody_is_not_kept()
    {
        await using var broker = await TestBroker.StartAsync();
        var result = await broker.Broker.PublishToAsync("nobody", new MqttMessage { Topic = "cmd" }, CancellationToken.None);
        Assert.That(result.Delivery, Is.EqualTo(MqttDelivery.NotConnected));
    }

    [Test]
    public async Task Direct_message_does_not_outlive_the_connection()
    {
        await using var broker = await TestBroker.StartAsync();
        MqttClientOptions keeping = new() { Host = "127.0.0.1", Port = broker.Port, ClientId = "c", CleanStart = false, SessionExpiry = TimeSpan.FromHours(1) };
        Task<MqttDeliveryResult> sending;
        await using (var client = await broker.ConnectAsync(keeping))
        {
            sending = broker.Broker.PublishToAsync("c", new MqttMessage { Topic = "cmd", Payload = "x"u8.ToArray() }, CancellationToken.None).AsTask();
            await client.NextUnacknowledgedAsync();
        }

        Assert.That((await sending).Delivery, Is.EqualTo(MqttDelivery.ConnectionLost));
        var again = await broker.ConnectAsync(keeping);
        await again.ExpectNothingAsync();
    }

    [Test]
    public async Task Observer_sees_who_comes_and_goes_and_why()
    {
        var log = new Presence();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttSessionObserver>(log));
        var first = await broker.ConnectAsync("c");
        var second = await broker.ConnectAsync("c");
        await first.EndAsync();
        await second.DisconnectAsync(CancellationToken.None);
        var third = await broker.ConnectAsync("c");
        await broker.Broker.DisconnectClientAsync("c", MqttReasonCode.AdministrativeAction, CancellationToken.None);
        Assert.That((await third.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.AdministrativeAction));
        await Eventually.TrueAsync(() => log.Lines.Count == 6, "all six are told");
        Assert.That(log.Lines, Is.EqualTo([
            "+c", "-c SessionTakenOver", "+c", "-c Success by client", "+c", "-c AdministrativeAction"]));
    }

    private sealed class Blocker : IMqttAuthenticator, IMqttPublishInterceptor, IDisposable
    {
        private readonly MqttOpenAccess _open = new();
        private readonly ManualResetEventSlim _gate = new();
        private int _blocked;

        public Task TwoAreBlockedAsync() => Eventually.TrueAsync(() => Volatile.Read(ref _blocked) == 2, "both hooks block");

        public void Release() => _gate.Set();

        public ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken)
        {
            Pass(request.ClientId == "slow");
            return _open.AuthenticateAsync(request, cancellationToken);
        }

        public ValueTask<MqttPublishVerdict> OnPublishAsync(MqttInboundPublish publish, CancellationToken cancellationToken)
        {
            Pass(publish.Topic == "slow");
            return ValueTask.FromResult(MqttPublishVerdict.Route);
        }

        public void Dispose()
        {
            _gate.Set();
            _gate.Dispose();
        }

        private void Pass(bool blocks)
        {
            if (blocks)
            {
                Interlocked.Increment(ref _blocked);
                _gate.Wait();
            }
        }
    }

    private sealed class Presence : IMqttSessionObserver
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public void OnConnected(MqttClientInfo client) => Lines.Enqueue($"+{client.ClientId}");

        public void OnDisconnected(MqttClientInfo client, MqttDisconnectReason cause) =>
            Lines.Enqueue($"-{client.ClientId} {cause.ReasonCode}{(cause.ByClient ? " by client" : string.Empty)}");
    }
}
