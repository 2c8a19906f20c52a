using System.Security.Cryptography;
using Fleet.Agent.Commands;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Commands;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class CommandInboxTests
{
    [Test]
    public async Task Command_of_an_unknown_key_is_alarmed_and_not_answered()
    {
        await using var lane = await LaneWorld.StartAsync();
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forged = Signing.Sign(SigningDomain.Command, lane.Fleet.Order(CommandKind.Disable, "d1"), stranger);
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, forged, CancellationToken.None);
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, forged, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(lane.Journal.Entries.Where(static e => e.Alarm is not null).Select(static e => e.Alarm.Code), Is.EqualTo(new[] { ReasonCodes.SignatureInvalid }));
            Assert.That(lane.Journal.Entries.Any(static e => e.Command is not null), Is.False);
            Assert.That(lane.Agent.Gate.Position.IsOpen, Is.True);
        });
    }

    [Test]
    public async Task Changed_payload_is_not_believed()
    {
        await using var lane = await LaneWorld.StartAsync();
        var envelope = lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Enable, "e1"));
        var changed = Command.Parser.ParseFrom(envelope.Payload);
        changed.Kind = CommandKind.Disable;
        envelope.Payload = changed.ToByteString();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, envelope, CancellationToken.None);
        Assert.That(lane.Agent.Commands.Find("e1"), Is.Null);
    }

    [Test]
    public async Task Envelope_of_another_domain_is_not_believed()
    {
        await using var lane = await LaneWorld.StartAsync();
        var cancel = lane.Fleet.Sign(lane.Fleet.Cancel("x"));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, cancel, CancellationToken.None);
        Assert.That(lane.Agent.Commands.Find("x"), Is.Null);
    }

    [Test]
    public async Task Command_for_another_terminal_is_alarmed()
    {
        await using var lane = await LaneWorld.StartAsync();
        var order = lane.Fleet.Order(CommandKind.Disable, "d1");
        order.TerminalId = "lane-2";
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);
        Assert.That(lane.Journal.Entries.Single(static e => e.Alarm is not null).Alarm.Code, Is.EqualTo(ReasonCodes.WrongTerminal));
        Assert.That(lane.Agent.Commands.Find("d1"), Is.Null);
    }

    [Test]
    public async Task Command_that_arrives_twice_is_executed_once()
    {
        await using var lane = await LaneWorld.StartAsync();
        var envelope = lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "d1"));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, envelope, CancellationToken.None);
        await Testing.Eventually.TrueAsync(() => lane.Agent.Commands.Find("d1") is { IsFinal: true }, "done");
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, envelope, CancellationToken.None);

        var stages = lane.Journal.Entries.Where(static e => e.Command is not null).Select(static e => e.Command.Stage).ToList();
        Assert.That(stages.Count(static s => s == CommandStage.Draining), Is.EqualTo(1));
        Assert.That(stages[^1], Is.EqualTo(CommandStage.Succeeded), "the repetition is answered with where it stands");
    }

    [Test]
    public async Task Counter_that_is_not_higher_is_refused_even_after_a_restart()
    {
        await using var lane = await LaneWorld.StartAsync();
        var old = lane.Fleet.Order(CommandKind.Disable, "d1");
        var newer = lane.Fleet.Order(CommandKind.Enable, "e1");
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(newer), CancellationToken.None);
        await lane.RestartAgentAsync();
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(old), CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(lane.Agent.Commands.Find("d1"), Has.Property(nameof(CommandRecord.EndReason)).EqualTo(ReasonCodes.CounterReplayed));
            Assert.That(lane.Agent.Commands.HighestCounter, Is.EqualTo(newer.Counter));
        });
    }

    [Test]
    public async Task Expired_command_is_not_executed()
    {
        await using var lane = await LaneWorld.StartAsync();
        var order = lane.Fleet.Order(CommandKind.Disable, "d1");
        order.ExpiresUnixMicros = TestFleet.Micros(TimeProvider.System.GetUtcNow().AddMinutes(-1));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);
        Assert.That(lane.Agent.Commands.Find("d1"), Has.Property(nameof(CommandRecord.Stage)).EqualTo(CommandStage.Expired));
        Assert.That(lane.Agent.Commands.HighestCounter, Is.Zero, "the counter rises with acceptance only");
    }

    [Test]
    public async Task Unknown_kind_is_refused()
    {
        await using var lane = await LaneWorld.StartAsync();
        var order = lane.Fleet.Order((CommandKind)99, "x1");
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);
        Assert.That(lane.Agent.Commands.Find("x1"), Has.Property(nameof(CommandRecord.EndReason)).EqualTo(ReasonCodes.KindUnsupported));
    }

    [Test]
    public async Task Command_that_conflicts_with_a_begun_one_is_refused()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.SettleAndLock, "s1")), CancellationToken.None);
        await Testing.Eventually.TrueAsync(() => lane.Agent.Commands.Find("s1")!.Stage == CommandStage.Reconciling, "waits for the verdict");
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Enable, "e1")), CancellationToken.None);
        Assert.That(lane.Agent.Commands.Find("e1"), Has.Property(nameof(CommandRecord.EndReason)).EqualTo(ReasonCodes.ConflictingCommand));
    }

    [Test]
    public async Task Order_that_cannot_be_stored_is_not_taken()
    {
        await using var lane = await LaneWorld.StartAsync();
        lane.Journal.Fails = static _ => true;
        Assert.That(
            async () => await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "d1")), CancellationToken.None),
            Throws.InstanceOf<Agent.Journal.JournalFaultException>());
        Assert.That(lane.Agent!.Commands.Find("d1"), Is.Null);
    }

    [Test]
    public async Task Alarm_of_a_forged_order_that_could_not_be_stored_is_raised_when_the_order_comes_again()
    {
        await using var lane = await LaneWorld.StartAsync();
        var forged = new SignedEnvelope { Payload = ByteString.CopyFromUtf8("forged") };
        lane.Journal.Fails = static _ => true;
        Assert.That(async () => await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, forged, CancellationToken.None), Throws.InstanceOf<Agent.Journal.JournalFaultException>());
        lane.Journal.Fails = static _ => false;
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, forged, CancellationToken.None);
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, forged, CancellationToken.None);

        Assert.That(lane.Journal.Entries.Count(static e => e.Alarm?.Code == ReasonCodes.SignatureInvalid), Is.EqualTo(1));
    }

    [Test]
    public async Task Random_envelopes_are_survived()
    {
        await using var lane = await LaneWorld.StartAsync();
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
        {
            var payload = new byte[random.Next(0, 64)];
            random.NextBytes(payload);
            var envelope = new SignedEnvelope { Payload = ByteString.CopyFrom(payload) };
            var channel = (LinkChannel[])[LinkChannel.Command, LinkChannel.Cancel, LinkChannel.Verdict];
            await lane.Agent!.Inbox.ReceiveAsync(channel[i % 3], envelope, CancellationToken.None);
        }

        Assert.That(lane.Journal.Entries.Count(static e => e.Alarm is not null), Is.EqualTo(3), "one alarm a channel and hour");
    }
}
