using System.Collections.Concurrent;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Topics;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Hooks;

/// <summary>Who may come and what they may do, as the product decides.</summary>
[TestFixture]
public sealed class AccessTests
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
}
