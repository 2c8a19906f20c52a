using System.Net.Sockets;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Tests.Hosting;
using Fleet.Testing;

namespace Fleet.Server.Tests.Gateway;

/// <summary>The agents' door, tried with other people's clients.</summary>
[TestFixture]
internal sealed class AgentDoorTests
{
    private ServerWorld _world = null!;
    private EclipseClients _clients = null!;
    private AgentFiles _lane1 = null!;
    private AgentFiles _lane2 = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _world = await ServerWorld.StartAsync();
        _clients = new EclipseClients(_world);
        await _world.CreateAsync("lane1");
        await _world.CreateAsync("lane2");
        _lane1 = await _world.EnrollAsync("lane1");
        _lane2 = await _world.EnrollAsync("lane2");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Batch_is_stored_acknowledged_and_seen_by_operators()
    {
        var agent = new ScriptedAgent().Start().Sale(1999).Sale(501);

        var ack = UplinkAck.Parser.ParseFrom(await _clients.AskAsync(_lane1, "fleet/v1/lane1/up", agent.Batch(), "fleet/v1/lane1/ack"));
        var sum = await _world.Transactions.SummarizeTransactionsAsync(new V1.SummarizeTransactionsRequest { Parent = "terminals/lane1" });
        var terminal = await _world.Terminals.GetTerminalAsync(new V1.GetTerminalRequest { Name = "terminals/lane1" });

        Assert.Multiple(() =>
        {
            Assert.That(ack.Verdict, Is.EqualTo(UplinkAck.Types.Verdict.Stored), ack.Detail);
            Assert.That((ack.Epoch, ack.Through), Is.EqualTo((agent.Epoch, 6UL)));
            Assert.That((sum.Approved.Single().Count, sum.Approved.Single().Sum.MinorUnits), Is.EqualTo((2u, 2500L)));
            Assert.That((terminal.SerialNumber, terminal.State), Is.EqualTo(("SN-1", V1.Terminal.Types.State.Active)));
        });
    }

    [Test]
    public async Task Same_batch_again_is_acknowledged_and_counted_once()
    {
        var agent = new ScriptedAgent().Start().Sale(700);
        await _clients.AskAsync(_lane2, "fleet/v1/lane2/up", agent.Batch(), "fleet/v1/lane2/ack");

        var ack = UplinkAck.Parser.ParseFrom(await _clients.AskAsync(_lane2, "fleet/v1/lane2/up", agent.Batch(), "fleet/v1/lane2/ack"));
        var sum = await _world.Transactions.SummarizeTransactionsAsync(new V1.SummarizeTransactionsRequest { Parent = "terminals/lane2" });

        Assert.That((ack.Verdict, ack.Through), Is.EqualTo((UplinkAck.Types.Verdict.Stored, 4UL)));
        Assert.That(sum.Approved.Single().Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Hello_brings_the_command_that_waits_and_its_signature_fits_the_pinned_key()
    {
        await _world.CreateAsync("lane3");
        var agent = await _world.EnrollAsync("lane3");
        var script = new ScriptedAgent().Start();
        await _clients.AskAsync(agent, "fleet/v1/lane3/up", script.Batch(), "fleet/v1/lane3/ack");
        var created = await _world.Commands.CreateCommandAsync(
            new V1.CreateCommandRequest { Terminal = "terminals/lane3", Kind = V1.Command.Types.Kind.Disable, Reason = "test" });

        var envelope = SignedEnvelope.Parser.ParseFrom(
            await _clients.AskAsync(agent, "fleet/v1/lane3/control", script.Hello(), "fleet/v1/lane3/command"));
        var command = Command.Parser.ParseFrom(envelope.Payload);
        var sent = await _world.Commands.GetCommandAsync(new V1.GetCommandRequest { Name = created.Name });

        Assert.Multiple(() =>
        {
            Assert.That(Signing.ValidSigners(SigningDomain.Command, envelope, agent.Response.TrustBundle, TrustedKey.Types.Role.Command), Is.Not.Empty);
            Assert.That(("commands/" + command.CommandId, command.TerminalId, command.Kind), Is.EqualTo((created.Name, "lane3", CommandKind.Disable)));
            Assert.That(sent.State, Is.EqualTo(V1.Command.Types.State.Sent));
        });
    }

    [TestCase("fleet/v1/lane2/up")]
    [TestCase("fleet/v1/lane1/command")]
    [TestCase("fleet/v1/lane1/ack")]
    [TestCase("fleet/v1/lane1/up/x")]
    [TestCase("anything")]
    [TestCase("$SYS/x")]
    public async Task Foreign_topic_is_not_published_on(string topic)
    {
        var (_, text) = await _clients.PublishAsync(_lane1, topic, new ScriptedAgent().Start().Batch());

        Assert.That(text, Does.Contain("Not authorized").Or.Contain("(Mid: 1, RC:135)").Or.Contain("RC:135"), text);
    }

    [Test]
    public async Task Retained_message_is_refused_even_on_the_own_topic()
    {
        var (_, text) = await _clients.PublishAsync(_lane1, "fleet/v1/lane1/up", new ScriptedAgent().Start().Batch(), "-r");

        Assert.That(text, Does.Contain("Not authorized").Or.Contain("RC:135"));
    }

    [TestCase("#")]
    [TestCase("+/+/+/+")]
    [TestCase("fleet/v1/+/command")]
    [TestCase("fleet/v1/lane2/command")]
    [TestCase("fleet/v1/lane1/up")]
    [TestCase("fleet/v1/lane1/#")]
    [TestCase("$share/g/fleet/v1/lane1/command")]
    [TestCase("$SYS/#")]
    public async Task Foreign_filter_is_not_subscribed(string filter)
    {
        var (_, text) = await _clients.SubscribeAsync(_lane1, filter);

        Assert.That(text, Does.Contain("Subscribed (mid: 1): 135"));
    }

    [TestCase("ack")]
    [TestCase("command")]
    [TestCase("cancel")]
    [TestCase("verdict")]
    public async Task Own_downward_topics_are_granted(string channel)
    {
        var (_, text) = await _clients.SubscribeAsync(_lane1, $"fleet/v1/lane1/{channel}", "-W", "1");

        Assert.That(text, Does.Contain("Subscribed (mid: 1): 1"));
    }

    [Test]
    public async Task Will_is_refused()
    {
        var (code, text) = await _clients.PublishAsync(
            _lane1, "fleet/v1/lane1/up", new ScriptedAgent().Start().Batch(), "--will-topic", "fleet/v1/lane1/up", "--will-payload", "x");

        Assert.That((code == 0, text.Contains("ot authorized", StringComparison.Ordinal) || text.Contains("(135)", StringComparison.Ordinal)), Is.EqualTo((false, true)), text);
    }

    [Test]
    public async Task Client_id_of_another_terminal_is_refused()
    {
        var (code, text) = await _clients.PublishAsync(_lane1 with { Id = "lane2" }, "fleet/v1/lane2/up", new ScriptedAgent().Start().Batch());

        Assert.That(code, Is.Not.Zero);
        Assert.That(text, Does.Contain("dentifier").Or.Contain("(133)"));
    }

    [Test]
    public async Task Without_certificate_nobody_comes_in()
    {
        var (code, text) = await _clients.PublishBareAsync("--cafile", _world.Server.Data.CaCertificate, "-i", "lane1", "-t", "fleet/v1/lane1/up", "-m", "x", "-q", "1");

        Assert.That(code, Is.Not.Zero, text);
    }

    [Test]
    public async Task Without_tls_nobody_comes_in()
    {
        var (code, _) = await _clients.PublishBareAsync("-i", "lane1", "-t", "fleet/v1/lane1/up", "-m", "x", "-q", "1");

        Assert.That(code, Is.Not.Zero);
    }

    [Test]
    public async Task Replaced_certificate_is_refused_and_the_new_one_works()
    {
        await _world.CreateAsync("lane4");
        var old = await _world.EnrollAsync("lane4");
        var renewed = await _world.EnrollAsync("lane4");
        var batch = new ScriptedAgent().Start().Batch();

        var (code, text) = await _clients.PublishAsync(old, "fleet/v1/lane4/up", batch);
        var (newCode, newText) = await _clients.PublishAsync(renewed, "fleet/v1/lane4/up", batch);

        Assert.That(code, Is.Not.Zero, text);
        Assert.That(newCode, Is.Zero, newText);
    }

    [Test]
    public async Task New_enrolment_cuts_the_connection_of_the_old_certificate()
    {
        await _world.CreateAsync("lane5");
        var old = await _world.EnrollAsync("lane5");
        var listening = _clients.SubscribeAsync(old, "fleet/v1/lane5/command", "-W", "60");
        await Eventually.TrueAsync(() => IsOnlineAsync("lane5"), "the agent is connected");

        await _world.EnrollAsync("lane5");
        var (_, text) = await listening;

        Assert.That(text, Does.Contain("Received DISCONNECT (135)"));
    }

    [Test]
    public async Task Presence_follows_the_connection()
    {
        await _world.CreateAsync("lane6");
        var files = await _world.EnrollAsync("lane6");
        var before = await IsOnlineAsync("lane6");
        var listening = _clients.SubscribeAsync(files, "fleet/v1/lane6/command", "-W", "4");
        await Eventually.TrueAsync(() => IsOnlineAsync("lane6"), "it is online");
        await listening;
        await Eventually.TrueAsync(async () => !await IsOnlineAsync("lane6"), "it is offline");

        Assert.That(before, Is.False);
    }

    [Test]
    public async Task Garbage_on_the_own_topic_is_refused_and_the_server_goes_on()
    {
        var garbage = _world.Folder.File("garbage.bin");
        await File.WriteAllBytesAsync(garbage, [.. Enumerable.Repeat((byte)0xFF, 300)]);

        var (_, text) = await _clients.PublishFileAsync(_lane1, "fleet/v1/lane1/control", garbage);
        var (code, _) = await _clients.PublishAsync(_lane1, "fleet/v1/lane1/control", new ScriptedAgent().Hello());

        Assert.That(text, Does.Contain("RC:153").Or.Contain("ayload format"));
        Assert.That(code, Is.Zero);
    }

    private async Task<bool> IsOnlineAsync(string id) =>
        (await _world.Terminals.GetTerminalAsync(new V1.GetTerminalRequest { Name = "terminals/" + id })).Connected;

    [Test]
    [CancelAfter(60_000)]
    public async Task Caller_beyond_the_limit_is_sent_away_before_its_handshake(CancellationToken cancellationToken)
    {
        await using var world = await ServerWorld.StartAsync(("Agents:Maximum", "1"));
        var door = world.Server.Endpoints.Agents;
        using var one = new TcpClient(door.Host, door.Port);
        using var another = new TcpClient(door.Host, door.Port);

        // Whichever comes to its turn first has the place.
        var ends = new[] { EndedAsync(one, cancellationToken), EndedAsync(another, cancellationToken) };
        var ended = await await Task.WhenAny(ends);

        Assert.That(ended, Is.True, "nobody waits for the time that a handshake may take");
        Assert.That(ends.Count(static e => e.IsCompleted), Is.EqualTo(1), "the other one has its place");
    }

    private static async Task<bool> EndedAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        soon.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], soon.Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
