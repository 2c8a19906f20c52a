using System.Collections.Concurrent;
using System.Text;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Topics;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Hooks;

/// <summary>What the product plugs in: who may come, what they may do, and the acknowledgement that waits for a commit.</summary>
[TestFixture]
public sealed class HookTests
{
    [Test]
    public async Task Refused_client_is_told_why()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(new Doorkeeper()));
        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync("stranger"));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        Assert.That(error.Message, Does.Contain("not on the list"));
    }

    [Test]
    public async Task Reason_that_is_longer_than_the_client_accepts_is_left_out()
    {
        // [MQTT-3.2.2-19]
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(new Doorkeeper()));
        using var raw = broker.Raw();
        raw.Send("10 1A 0004 4D515454 05 02 0000 05 2700000008 0008 737472616E676572");
        raw.Expect("20 03 00 87 00").ExpectClosed();
    }

    [Test]
    public async Task Moved_client_is_told_where()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(new Doorkeeper()));
        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync("moved"));
        Assert.That((error.ReasonCode, error.ServerReference), Is.EqualTo((MqttReasonCode.UseAnotherServer, "elsewhere:8883")));
    }

    [Test]
    public async Task Authenticator_sees_user_name_and_password()
    {
        var doorkeeper = new Doorkeeper();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(doorkeeper));
        await broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "t1", UserName = "u", Password = "p"u8.ToArray() });
        Assert.That(doorkeeper.Seen, Has.Some.Matches<MqttConnectRequest>(static r => r.UserName == "u" && r.Password!.Value.Span.SequenceEqual("p"u8) && r.Version == MqttVersion.V5));
    }

    [Test]
    public async Task Session_of_one_identity_is_not_given_to_another()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthenticator>(new ByUserName()));
        var first = await broker.ConnectAsync(As(broker, "alice"));
        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync(As(broker, "mallory")));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        Assert.That(first.IsConnected, Is.True);
    }

    [TestCase("fleet/v1/t1/cmd", MqttReasonCode.GrantedQos1)]
    [TestCase("fleet/v1/t1/#", MqttReasonCode.GrantedQos1)]
    [TestCase("fleet/v1/t2/cmd", MqttReasonCode.NotAuthorized)]
    [TestCase("fleet/v1/+/cmd", MqttReasonCode.NotAuthorized)]
    [TestCase("fleet/#", MqttReasonCode.NotAuthorized)]
    [TestCase("#", MqttReasonCode.NotAuthorized)]
    [TestCase("+/+/+/+", MqttReasonCode.NotAuthorized)]
    [TestCase("$SYS/#", MqttReasonCode.NotAuthorized)]
    [TestCase("$share/g/fleet/v1/#", MqttReasonCode.NotAuthorized)]
    [TestCase("$share/g/#", MqttReasonCode.NotAuthorized)]
    public async Task Wildcards_reach_no_further_than_the_grant(string filter, MqttReasonCode code)
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(new OwnTopics()));
        var client = await broker.ConnectAsync("t1");
        Assert.That(await client.SubscribeAsync(filter, MqttQos.AtLeastOnce), Is.EqualTo([code]));
    }

    [Test]
    public async Task Publish_outside_the_grant_is_refused_and_goes_nowhere()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(new OwnTopics()));
        var other = await broker.ConnectAsync("t2");
        await other.SubscribeAsync("fleet/v1/t2/#");
        var client = await broker.ConnectAsync("t1");
        Assert.That((await client.PublishAsync("fleet/v1/t2/cmd", "x")).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        Assert.That((await client.PublishAsync("fleet/v1/t2/cmd", "x", MqttQos.ExactlyOnce)).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        Assert.That((await client.PublishAsync("fleet/v1/t2/cmd", "x", MqttQos.AtMostOnce)).ReasonCode, Is.EqualTo(MqttReasonCode.Success));
        await broker.Broker.PublishAsync(new MqttMessage { Topic = "fleet/v1/t2/cmd", Payload = "real"u8.ToArray() }, CancellationToken.None);
        Assert.That(await other.NextTextAsync(), Is.EqualTo("real"));
    }

    [Test]
    public async Task Retained_publish_can_be_forbidden_on_its_own()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(new OwnTopics()));
        var client = await broker.ConnectAsync("t1");
        Assert.That((await client.PublishAsync("fleet/v1/t1/up", "x", retain: true)).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        Assert.That((await client.PublishAsync("fleet/v1/t1/up", "x")).ReasonCode, Is.EqualTo(MqttReasonCode.NoMatchingSubscribers));
    }

    [Test]
    public async Task Old_client_that_must_not_publish_is_disconnected()
    {
        // 3.1.1, 3.3.5.2
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(new OwnTopics()));
        var client = await broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "t1", Version = MqttVersion.V311 });
        Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.PublishAsync("fleet/v1/t2/cmd", "x"));
    }

    [Test]
    public async Task Rights_that_are_taken_away_end_the_delivery()
    {
        var topics = new OwnTopics();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(topics));
        var client = await broker.ConnectAsync("t1");
        await client.SubscribeAsync("fleet/v1/t1/cmd");
        var command = new MqttMessage { Topic = "fleet/v1/t1/cmd", Payload = "x"u8.ToArray() };
        await broker.Broker.PublishAsync(command, CancellationToken.None);
        Assert.That(await client.NextTextAsync(), Is.EqualTo("x"));
        topics.Revoked.Add("t1");
        broker.Broker.ForgetRights();
        Assert.That(await broker.Broker.PublishAsync(command, CancellationToken.None), Is.EqualTo(MqttReasonCode.NoMatchingSubscribers));
        var direct = await broker.Broker.PublishToAsync("t1", command, CancellationToken.None);
        Assert.That((direct.Delivery, direct.ReasonCode), Is.EqualTo((MqttDelivery.Refused, MqttReasonCode.NotAuthorized)));
    }

    [Test]
    public async Task Will_to_a_foreign_topic_is_refused_at_connect()
    {
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(new OwnTopics()));
        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync(WithWill(broker, "fleet/v1/t2/cmd")));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
    }

    [Test]
    public async Task Will_of_a_revoked_client_is_not_sent()
    {
        var topics = new OwnTopics();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttAuthorizer>(topics));
        var client = await broker.ConnectAsync(WithWill(broker, "fleet/v1/t1/status"));
        topics.Revoked.Add("t1");
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => broker.Broker.SessionCount == 0, "the session is over");
        Assert.That(topics.WillQuestions, Is.EqualTo(2), "asked at connect and at the time of sending");
    }

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

    [Test]
    public async Task Purged_client_loses_connection_queue_and_will()
    {
        await using var broker = await TestBroker.StartAsync();
        var watcher = await broker.ConnectAsync("w");
        await watcher.SubscribeAsync("#");
        var client = await broker.ConnectAsync(WithWill(broker, "fleet/v1/t1/status"));
        Assert.That(await broker.Broker.PurgeClientAsync("t1", MqttReasonCode.NotAuthorized, CancellationToken.None), Is.True);
        Assert.That((await client.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
        await watcher.ExpectNothingAsync();
        Assert.That(broker.Broker.SessionCount, Is.EqualTo(1));
    }

    private static MqttClientOptions As(TestBroker broker, string userName) =>
        new() { Host = "127.0.0.1", Port = broker.Port, ClientId = "same", UserName = userName };

    private static MqttClientOptions WithWill(TestBroker broker, string topic) => new()
    {
        Host = "127.0.0.1",
        Port = broker.Port,
        ClientId = "t1",
        Will = new MqttMessage { Topic = topic, Payload = "gone"u8.ToArray() },
    };

    private sealed class Doorkeeper : IMqttAuthenticator
    {
        public ConcurrentBag<MqttConnectRequest> Seen { get; } = [];

        public ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken)
        {
            Seen.Add(request);
            return ValueTask.FromResult(request.ClientId switch
            {
                "stranger" => MqttAuthentication.Refuse(MqttReasonCode.NotAuthorized, "not on the list"),
                "moved" => MqttAuthentication.Refuse(MqttReasonCode.UseAnotherServer, serverReference: "elsewhere:8883"),
                _ => MqttAuthentication.Accept(new MqttIdentity(request.ClientId)),
            });
        }
    }

    private sealed class ByUserName : IMqttAuthenticator
    {
        public ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(MqttAuthentication.Accept(new MqttIdentity(request.UserName ?? "nobody")));
    }

    private sealed class OwnTopics : IMqttAuthorizer
    {
        private int _willQuestions;

        public ConcurrentBag<string> Revoked { get; } = [];

        public int WillQuestions => _willQuestions;

        public bool MayPublish(MqttClientInfo client, string topic, bool retain) => !retain && Owns(client, topic);

        public bool MaySubscribe(MqttClientInfo client, string filter) => Owns(client, filter);

        public bool MayReceive(MqttClientInfo client, string topic) => Owns(client, topic);

        public bool MayLeaveWill(MqttClientInfo client, string topic, bool retain)
        {
            Interlocked.Increment(ref _willQuestions);
            return Owns(client, topic);
        }

        private bool Owns(MqttClientInfo client, string filter) =>
            !Revoked.Contains(client.ClientId) && MqttTopic.Contains($"fleet/v1/{client.ClientId}/#", filter);
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
