using System.Security.Cryptography;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;
using Fleet.Server.Trust;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Tests.Dispatch;

[CancelAfter(30_000)]
public sealed class DispatchTests
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    private StorageWorld _world = null!;
    private RecordingDownlink _downlink = null!;
    private TestSigner _signer = null!;
    private DeliveryTurns _turns = null!;
    private AgentPresence _presence = null!;
    private Dispatcher _dispatcher = null!;
    private ScriptedJournal _journal = null!;
    private FleetCertificateAuthority _authority = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);
        _journal = await _world.ActivateAsync();
        (_downlink, _signer) = (new RecordingDownlink(), new TestSigner());
        var agents = new ConnectedAgents();
        var delivery = new CommandDelivery(
            _world.Queue, _world.Closings, new TrustDelivery(_world.Trust, new Heartbeats(_signer, _world.Clock), _downlink), _signer, _downlink, NullLogger<CommandDelivery>.Instance);
        _turns = new DeliveryTurns(delivery, agents, _world.Clock, NullLogger<DeliveryTurns>.Instance);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _authority = new FleetCertificateAuthority(FleetCertificateAuthority.SelfSign(key, _world.Clock.GetUtcNow(), TimeSpan.FromDays(1000)), key);
        var renewals = new RenewalDesk(
            _world.Certificates, new DeviceCertificates(_authority, TimeSpan.FromDays(90), _world.Clock), _signer, _downlink, NullLogger<RenewalDesk>.Instance);
        _presence = new AgentPresence(_world.Agents, _world.Queue, agents, _turns, renewals, NullLogger<AgentPresence>.Instance);
        _dispatcher = new Dispatcher(_world.Database, _world.Queue, _world.Agents, _turns, NullLogger<Dispatcher>.Instance);
        await _dispatcher.StartAsync(CancellationToken.None);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _dispatcher.StopAsync(CancellationToken.None);
        _dispatcher.Dispose();
        await _turns.DisposeAsync();
        _signer.Dispose();
        _authority.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Command_reaches_a_connected_agent_signed_and_complete(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));

        var sent = await _downlink.NextAsync(cancellationToken);

        var command = _signer.Open(SigningDomain.Command, sent.Payload, Command.Parser);
        Assert.That((sent.Terminal, sent.Channel), Is.EqualTo((Lane, LinkChannel.Command)));
        Assert.That(command, Is.EqualTo(new Command
        {
            CommandId = asked.Id,
            TerminalId = "lane1",
            Counter = 1,
            Kind = CommandKind.Disable,
            IssuedUnixMicros = TestClock.Start.ToUnixTimeMilliseconds() * 1000,
            ExpiresUnixMicros = TestClock.Start.AddHours(24).ToUnixTimeMilliseconds() * 1000,
            Reason = "season is over",
            Message = "Closed",
            Requester = "anna",
        }));
    }

    [Test]
    public async Task Row_says_sent_before_the_first_byte_leaves(CancellationToken cancellationToken)
    {
        var state = CommandState.Queued;
        _downlink.Before = async message =>
        {
            var command = _signer.Open(SigningDomain.Command, message.Payload, Command.Parser);
            state = (await _world.CommandAsync(command.CommandId)).State;
        };
        await ConnectAsync();
        await _world.AskAsync(CommandKind.Disable);

        await _downlink.NextAsync(cancellationToken);

        Assert.That(state, Is.EqualTo(CommandState.Sent));
    }

    [Test]
    public async Task Command_waits_for_an_agent_that_is_away_and_for_its_hello(CancellationToken cancellationToken)
    {
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));
        await _presence.ConnectedAsync(Lane, "c1", cancellationToken);
        await _world.Registry.UpdateAsync(Lane, new TerminalChanges("a", null, null, string.Empty), StorageWorld.Anna, cancellationToken);
        Assert.That(_downlink.Drain(), Is.Empty);
        Assert.That((await _world.CommandAsync(asked.Id)).State, Is.EqualTo(CommandState.Queued));

        await HelloAsync();

        Assert.That((await _downlink.NextAsync(cancellationToken)).Channel, Is.EqualTo(LinkChannel.Command));
    }

    [Test]
    public async Task Unanswered_command_is_repeated_byte_for_byte_at_every_hello(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        await _world.AskAsync(CommandKind.Disable);
        var first = await _downlink.NextAsync(cancellationToken);

        await ReconnectAsync();
        var second = await _downlink.NextAsync(cancellationToken);
        await ReconnectAsync();
        var third = await _downlink.NextAsync(cancellationToken);

        Assert.That(second.Payload, Is.EqualTo(first.Payload));
        Assert.That(third.Payload, Is.EqualTo(first.Payload));
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM command_moves WHERE to_state = 'Sent'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Answered_command_is_not_repeated(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));
        await _downlink.NextAsync(cancellationToken);
        await _presence.ControlAsync(Lane, new AgentControl { Command = new CommandEvent { CommandId = asked.Id, Stage = CommandStage.Accepted } }, cancellationToken);

        await ReconnectAsync();
        await _world.AskAsync(CommandKind.SettleAndLock);

        Assert.That(Id(await _downlink.NextAsync(cancellationToken)), Is.Not.EqualTo(asked.Id));
    }

    [Test]
    public async Task Commands_leave_in_the_order_of_their_counters(CancellationToken cancellationToken)
    {
        await _world.AskAsync(CommandKind.Disable);
        await _world.AskAsync(CommandKind.SettleAndLock);

        await ConnectAsync();

        Assert.That(Counter(await _downlink.NextAsync(cancellationToken)), Is.EqualTo(1));
        Assert.That(Counter(await _downlink.NextAsync(cancellationToken)), Is.EqualTo(2));
    }

    [Test]
    public async Task Cancel_of_a_sent_command_is_signed_and_sent_once_and_again_after_a_hello(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));
        await _downlink.NextAsync(cancellationToken);

        await _world.Desk.CancelAsync(asked.Id, "not today", StorageWorld.Anna, cancellationToken);
        var sent = await _downlink.NextAsync(cancellationToken);
        await _world.Desk.CancelAsync(asked.Id, "not today", StorageWorld.Anna, cancellationToken);
        await ReconnectAsync();
        var again = new[] { await _downlink.NextAsync(cancellationToken), await _downlink.NextAsync(cancellationToken) };

        var cancel = _signer.Open(SigningDomain.Cancel, sent.Payload, CommandCancel.Parser);
        Assert.That(cancel, Is.EqualTo(new CommandCancel { CommandId = asked.Id, TerminalId = "lane1", Reason = "not today" }));
        Assert.That(again.Select(static m => m.Channel), Is.EqualTo(new[] { LinkChannel.Command, LinkChannel.Cancel }));
        Assert.That(again[1].Payload, Is.EqualTo(sent.Payload));
    }

    [Test]
    public async Task Scheduled_command_leaves_at_once_with_its_start(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        var start = _world.Clock.GetUtcNow().AddHours(3);
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.SettleAndLock, start: start));

        var sent = _signer.Open(SigningDomain.Command, (await _downlink.NextAsync(cancellationToken)).Payload, Command.Parser);
        Assert.That((sent.CommandId, sent.NotBeforeUnixMicros), Is.EqualTo((asked.Id, start.ToUnixTimeMilliseconds() * 1000)));
        Assert.That((await _world.CommandAsync(asked.Id)).State, Is.EqualTo(CommandState.Sent));
        Assert.That(_world.Clock.GetUtcNow(), Is.LessThan(start));
    }

    [Test]
    public async Task Scheduled_command_for_an_agent_that_is_away_leaves_with_its_next_hello(CancellationToken cancellationToken)
    {
        var scheduled = StorageWorld.Accepted(await _world.AskAsync(CommandKind.SettleAndLock, start: _world.Clock.GetUtcNow().AddHours(3)));
        var atOnce = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));
        await ConnectAsync();

        Assert.That(Id(await _downlink.NextAsync(cancellationToken)), Is.EqualTo(scheduled.Id), "by the order of the counters");
        Assert.That(Id(await _downlink.NextAsync(cancellationToken)), Is.EqualTo(atOnce.Id));
    }

    [Test]
    public async Task Command_expires_by_itself()
    {
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable, ttl: TimeSpan.FromMinutes(1)));

        await AdvanceUntilAsync(async () => (await _world.CommandAsync(asked.Id)).State == CommandState.Expired);

        Assert.That(_world.Clock.GetUtcNow(), Is.GreaterThanOrEqualTo(asked.Expires));
    }

    [Test]
    public async Task End_of_an_older_connection_does_not_end_the_newer_one(CancellationToken cancellationToken)
    {
        await ConnectAsync();
        await _presence.ConnectedAsync(Lane, "c1", cancellationToken);
        await _presence.DisconnectedAsync(Lane, cancellationToken);
        Assert.That((await _world.TerminalAsync()).Connected, Is.True);

        await _world.AskAsync(CommandKind.Disable);
        Assert.That((await _downlink.NextAsync(cancellationToken)).Channel, Is.EqualTo(LinkChannel.Command));

        await _presence.DisconnectedAsync(Lane, cancellationToken);
        Assert.That((await _world.TerminalAsync()).Connected, Is.False);
    }

    [Test]
    public async Task Refused_agent_gets_nothing(CancellationToken cancellationToken)
    {
        await _world.AskAsync(CommandKind.Disable);

        var refusal = await _presence.ConnectedAsync(Lane, "stolen", cancellationToken);
        await HelloAsync();

        Assert.That(refusal?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That(_downlink.Drain(), Is.Empty);
    }

    [Test]
    public async Task Delivery_that_fails_is_tried_again(CancellationToken cancellationToken)
    {
        var failures = 0;
        _downlink.Before = _ => failures++ == 0 ? throw new IOException("connection reset") : Task.CompletedTask;
        await ConnectAsync();
        var asked = StorageWorld.Accepted(await _world.AskAsync(CommandKind.Disable));
        await Eventually.TrueAsync(() => failures > 0, "the first delivery fails");

        await ReconnectAsync();
        await AdvanceUntilAsync(() => Task.FromResult(failures > 1));

        Assert.That(Id(await _downlink.NextAsync(cancellationToken)), Is.EqualTo(asked.Id));
    }

    [Test]
    public async Task Empty_control_message_does_no_harm(CancellationToken cancellationToken)
    {
        await ConnectAsync();

        await _presence.ControlAsync(Lane, new AgentControl(), cancellationToken);

        Assert.That((await _world.TerminalAsync()).Connected, Is.True);
    }

    private async Task ConnectAsync()
    {
        Assert.That(await _presence.ConnectedAsync(Lane, "c1", CancellationToken.None), Is.Null);
        await HelloAsync();
    }

    private async Task ReconnectAsync()
    {
        await _presence.DisconnectedAsync(Lane, CancellationToken.None);
        await ConnectAsync();
    }

    private Task HelloAsync() => _presence.ControlAsync(
        Lane, new AgentControl { Hello = new Hello { AgentVersion = "0.1.0", Epoch = ByteString.CopyFrom(_journal.Epoch), LastSequence = (ulong)_journal.Length } }, CancellationToken.None);

    private async Task AdvanceUntilAsync(Func<Task<bool>> condition) => await Eventually.TrueAsync(
        async () =>
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            return await condition();
        },
        "the condition holds as time passes");

    private string Id(SentMessage message) => _signer.Open(SigningDomain.Command, message.Payload, Command.Parser).CommandId;

    private ulong Counter(SentMessage message) => _signer.Open(SigningDomain.Command, message.Payload, Command.Parser).Counter;
}
