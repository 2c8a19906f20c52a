using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Capture;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Mqtt;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Link;

[CancelAfter(60_000)]
public sealed class MqttFleetLinkTests
{
    private static readonly TerminalId Terminal = TerminalId.Parse("lane-1");

    private TestAuthority _authority = null!;
    private MosquittoBroker _broker = null!;
    private CancellationTokenSource _stop = null!;
    private readonly List<IDisposable> _owned = [];
    private Task _running = Task.CompletedTask;

    [SetUp]
    public void SetUp()
    {
        Engines.Require("mosquitto", "apt-get install mosquitto");
        (_authority, _stop) = (new TestAuthority(), new CancellationTokenSource());
        _broker = new MosquittoBroker(_authority);
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_stop is null)
        {
            return;
        }

        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _owned.ForEach(static o => o.Dispose());
        _owned.Clear();
        _broker.Dispose();
        _authority.Dispose();
        _stop.Dispose();
    }

    [Test]
    public async Task Batch_and_control_arrive_on_their_topics(CancellationToken cancellationToken)
    {
        var link = Start();
        await ConnectedAsync(link, cancellationToken);
        await using var server = await ServerAsync(cancellationToken);
        await server.SubscribeAsync([new MqttSubscription("fleet/v1/lane-1/up"), new MqttSubscription("fleet/v1/lane-1/control")], cancellationToken);

        await link.PublishBatchAsync(new UplinkBatch { FirstSequence = 7 }, cancellationToken);
        await link.PublishControlAsync(new AgentControl { Hello = new Hello { LastSequence = 9 } }, cancellationToken);

        var first = (await server.Incoming.ReadAsync(cancellationToken)).Message;
        var second = (await server.Incoming.ReadAsync(cancellationToken)).Message;
        Assert.That(UplinkBatch.Parser.ParseFrom(first.Payload.Span).FirstSequence, Is.EqualTo(7));
        Assert.That(AgentControl.Parser.ParseFrom(second.Payload.Span).Hello.LastSequence, Is.EqualTo(9));
    }

    [Test]
    public async Task Control_message_passes_a_window_full_of_batches_that_nobody_acknowledges(CancellationToken cancellationToken)
    {
        await using var cable = new DeafCable(_broker.Port);
        var link = Start(Identity(_authority, cable.Port));
        await ConnectedAsync(link, cancellationToken);
        await using var server = await ServerAsync(cancellationToken);
        await server.SubscribeAsync([new MqttSubscription("fleet/v1/lane-1/up"), new MqttSubscription("fleet/v1/lane-1/control")], cancellationToken);
        cable.Deafen();
        var batches = Enumerable.Range(1, LinkLimits.BatchesInFlight)
            .Select(i => link.PublishBatchAsync(new UplinkBatch { FirstSequence = (ulong)i }, _stop.Token).AsTask()).ToList();
        var control = link.PublishControlAsync(new AgentControl { Hello = new Hello { LastSequence = 9 } }, _stop.Token).AsTask();

        for (var i = 1; i <= batches.Count; i++)
        {
            var batch = await server.Incoming.ReadAsync(cancellationToken);
            await server.AcknowledgeAsync(batch, cancellationToken);
            Assert.That(UplinkBatch.Parser.ParseFrom(batch.Message.Payload.Span).FirstSequence, Is.EqualTo((ulong)i));
        }

        var heard = AgentControl.Parser.ParseFrom((await server.Incoming.ReadAsync(cancellationToken)).Message.Payload.Span);
        Assert.That(heard.Hello.LastSequence, Is.EqualTo(9));
        Assert.That(batches.Append(control).Where(static t => t.IsCompleted), Is.Empty, "no acknowledgement has come back");
        cable.Hear();
        await Task.WhenAll(batches.Append(control));
    }

    [Test]
    public async Task Acknowledgements_and_orders_come_in_their_own_streams(CancellationToken cancellationToken)
    {
        var link = Start();
        await ConnectedAsync(link, cancellationToken);
        await using var server = await ServerAsync(cancellationToken);

        await SendAsync(server, LinkChannel.Command, [1], cancellationToken);
        await SendAsync(server, LinkChannel.Verdict, [2], cancellationToken);
        await SendAsync(server, LinkChannel.Ack, [3], cancellationToken);

        Assert.That((await link.Acknowledgements.ReadAsync(cancellationToken)).Payload.ToArray(), Is.EqualTo(new byte[] { 3 }));
        var command = await link.Orders.ReadAsync(cancellationToken);
        var verdict = await link.Orders.ReadAsync(cancellationToken);
        Assert.That((command.Channel, verdict.Channel), Is.EqualTo((LinkChannel.Command, LinkChannel.Verdict)));
    }

    [Test]
    public async Task Order_that_was_not_acknowledged_comes_again_after_a_reconnect(CancellationToken cancellationToken)
    {
        var link = Start();
        await ConnectedAsync(link, cancellationToken);
        await using (var server = await ServerAsync(cancellationToken))
        {
            await SendAsync(server, LinkChannel.Command, [1], cancellationToken);
        }

        await link.Orders.ReadAsync(cancellationToken);
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        _stop = new CancellationTokenSource();
        var again = Start();
        var order = await again.Orders.ReadAsync(cancellationToken);
        Assert.That(order.Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
        await order.AcknowledgeAsync(cancellationToken);
    }

    [Test]
    public async Task Link_comes_back_after_the_broker_was_killed(CancellationToken cancellationToken)
    {
        var link = Start();
        var first = await ConnectedAsync(link, cancellationToken);
        _broker.Kill();
        var lost = await link.WaitForChangeAsync(first, cancellationToken);
        Assert.That(lost.State, Is.EqualTo(LinkState.Unreachable));
        Assert.That(async () => await link.PublishControlAsync(new AgentControl(), cancellationToken), Throws.InstanceOf<LinkLostException>());

        _broker.Start();

        Assert.That((await ConnectedAsync(link, cancellationToken)).Session, Is.EqualTo(2));
    }

    [Test]
    public async Task Server_of_another_authority_is_refused(CancellationToken cancellationToken)
    {
        using var other = new TestAuthority();
        var link = Start(Identity(other));

        var status = await RefusedAsync(link, cancellationToken);

        Assert.That(status.Detail, Does.Contain("TLS failed: the server's certificate is not valid"));
    }

    [Test]
    public async Task Server_with_the_certificate_of_another_host_is_refused(CancellationToken cancellationToken)
    {
        _broker.Dispose();
        _broker = new MosquittoBroker(_authority, host: "elsewhere.example");

        var status = await RefusedAsync(Start(), cancellationToken);

        Assert.That(status.Detail, Does.Contain("TLS failed: the server's certificate is not for this server").And.Contain("NameMismatch"));
    }

    // Whether the certificate is ten years old or of the future, the same as with this computer's clock ten years off the other way.
    [TestCase(3650)]
    [TestCase(-3600)]
    public async Task Certificate_that_fits_the_signed_time_is_believed_whatever_this_computers_clock_says(int days, CancellationToken cancellationToken)
    {
        _broker.Dispose();
        var age = TimeSpan.FromDays(days);
        _broker = new MosquittoBroker(_authority, age - TimeSpan.FromDays(1));

        var link = Start(signed: TimeProvider.System.GetUtcNow() - age);

        Assert.That((await ConnectedAsync(link, cancellationToken)).State, Is.EqualTo(LinkState.Connected));
    }

    [Test]
    public async Task Certificate_that_began_after_the_last_signed_time_is_believed(CancellationToken cancellationToken)
    {
        var link = Start(signed: TimeProvider.System.GetUtcNow().AddDays(-300));

        Assert.That((await ConnectedAsync(link, cancellationToken)).State, Is.EqualTo(LinkState.Connected), "an agent that was off for most of a year");
    }

    [Test]
    public async Task Certificate_that_was_over_at_the_signed_time_is_refused_though_this_computers_clock_would_take_it(CancellationToken cancellationToken)
    {
        var link = Start(signed: TimeProvider.System.GetUtcNow().AddDays(25));

        var status = await RefusedAsync(link, cancellationToken);

        Assert.That(status.Detail, Does.Contain("TLS failed").And.Contain("NotTimeValid"));
    }

    [Test]
    public async Task Nobody_at_the_address_is_unreachable_and_says_where(CancellationToken cancellationToken)
    {
        _broker.Kill();
        var link = Start();

        var status = await link.WaitForChangeAsync(link.Status, cancellationToken);

        Assert.That(status.State, Is.EqualTo(LinkState.Unreachable));
        Assert.That(status.Detail, Does.Contain($"127.0.0.1:{_broker.Port}"));
    }

    private MqttFleetLink Start(DeviceIdentity? identity = null, DateTimeOffset? signed = null)
    {
        var time = new FleetTime(new MemoryJournal(), TimeProvider.System, NullLogger<FleetTime>.Instance);
        if (signed is { } at)
        {
            time.Enrolled(at);
        }

        var options = new LinkOptions { ReconnectMinimum = TimeSpan.FromMilliseconds(50), ReconnectMaximum = TimeSpan.FromMilliseconds(200) };
        var link = new MqttFleetLink(new FixedIdentity(identity ?? Identity(_authority)), options, time, TimeProvider.System, NullLoggerFactory.Instance);
        _running = Task.Run(() => link.RunAsync(_stop.Token), CancellationToken.None);
        return link;
    }

    private DeviceIdentity Identity(TestAuthority authority, int? port = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Terminal}", key, HashAlgorithmName.SHA256);
        using var leaf = authority.Device(request.CreateSigningRequest());
        var identity = new DeviceIdentity(
            Terminal, leaf.CopyWithPrivateKey(key), [], X509CertificateLoader.LoadCertificate(authority.Certificate.RawData), new TrustBundle(), "127.0.0.1", port ?? _broker.Port);
        _owned.Add(identity);
        return identity;
    }

    // Unreachable until the broker listens.
    private static async Task<LinkStatus> RefusedAsync(MqttFleetLink link, CancellationToken cancellationToken)
    {
        var status = link.Status;
        while (status.State is LinkState.Off or LinkState.Unreachable)
        {
            status = await link.WaitForChangeAsync(status, cancellationToken);
        }

        Assert.That(status.State, Is.EqualTo(LinkState.Refused), status.Detail);
        return status;
    }

    private static async Task<LinkStatus> ConnectedAsync(IFleetLink link, CancellationToken cancellationToken)
    {
        var status = link.Status;
        while (status.State != LinkState.Connected)
        {
            status = await link.WaitForChangeAsync(status, cancellationToken);
        }

        return status;
    }

    // The server's end: a second client with the same name, which the broker's access list lets onto the terminal's topics.
    private async Task<MqttClient> ServerAsync(CancellationToken cancellationToken)
    {
        var options = new MqttClientOptions { Host = "127.0.0.1", Port = _broker.Port, ClientId = "server", Tls = TlsOf(Identity(_authority)) };
        var client = new MqttClient(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
        await client.ConnectAsync(cancellationToken);
        return client;
    }

    private static SslClientAuthenticationOptions TlsOf(DeviceIdentity identity) => LinkTls.ForDevice(identity, identity.Certificate, FleetTime.Built);

    private static ValueTask<MqttPublishResult> SendAsync(MqttClient server, LinkChannel channel, byte[] payload, CancellationToken cancellationToken) =>
        server.PublishAsync(new MqttMessage { Topic = new LinkTopic(Terminal, channel).ToString(), Payload = payload }, cancellationToken);
}
