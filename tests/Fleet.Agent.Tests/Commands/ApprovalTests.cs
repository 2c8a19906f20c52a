using Fleet.Agent.Commands;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Commands;

/// <summary>What the agent itself believes, whoever brings it: the server, a file, or somebody in between.</summary>
[TestFixture]
internal sealed class ApprovalTests
{
    [Test]
    public async Task Command_that_needs_approvals_is_refused_by_name_without_them_and_taken_with_them()
    {
        await using var lane = await PinnedAsync(CommandKind.Disable, 1);
        await TakeAsync(lane, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "bare")));
        await TakeAsync(lane, lane.Fleet.Approved(lane.Fleet.Order(CommandKind.Disable, "stranger"), "mallory"));
        await TakeAsync(lane, lane.Fleet.Approved(lane.Fleet.Order(CommandKind.Disable, "root"), "root"));
        Assert.Multiple(() =>
        {
            foreach (var id in (string[])["bare", "stranger", "root"])
            {
                Assert.That((lane.Agent!.Commands.Find(id)?.Stage, lane.Agent.Commands.Find(id)?.EndReason), Is.EqualTo(((CommandStage?)CommandStage.Refused, ReasonCodes.ApprovalsMissing)), id);
            }

            Assert.That(lane.Agent!.Gate.Position.IsOpen, Is.True);
        });

        await TakeAsync(lane, lane.Fleet.Approved(lane.Fleet.Order(CommandKind.Disable, "good"), "anna"));
        Assert.That(lane.Agent!.Commands.Find("good")!.EndReason, Is.Empty);
        await Eventually.TrueAsync(() => !lane.Agent.Gate.Position.IsOpen, "the gate to close");
    }

    [Test]
    public async Task Approvals_of_another_order_do_not_fit()
    {
        await using var lane = await PinnedAsync(CommandKind.Disable, 1);
        var envelope = lane.Fleet.Approved(lane.Fleet.Order(CommandKind.Disable, "a"), "anna");
        var other = Command.Parser.ParseFrom(envelope.Payload);
        other.CommandId = "b";
        var forged = lane.Fleet.Sign(other);
        forged.Approvals.Add(envelope.Approvals);
        await TakeAsync(lane, forged);

        Assert.That(lane.Agent!.Commands.Find("b")?.EndReason, Is.EqualTo(ReasonCodes.ApprovalsForeign));
    }

    [Test]
    public async Task Approved_command_that_comes_again_under_a_new_counter_is_the_old_one()
    {
        await using var lane = await PinnedAsync(CommandKind.SyncNow, 1);
        var command = lane.Fleet.Order(CommandKind.SyncNow, "once");
        var envelope = lane.Fleet.Approved(command, "anna");
        await TakeAsync(lane, envelope);
        for (var i = 0; i < CommandStore.RememberedCommands + 20; i++)
        {
            await TakeAsync(lane, lane.Fleet.Sign(lane.Fleet.Cancel($"noise-{i}")), LinkChannel.Cancel);
        }

        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find("once")!.IsFinal, "the command to end");
        var replay = command.Clone();
        replay.Counter += 1000;
        var signed = lane.Fleet.Sign(replay);
        signed.Approvals.Add(envelope.Approvals);
        await TakeAsync(lane, signed);

        Assert.That(lane.Agent!.Commands.Find("once")!.Counter, Is.EqualTo(command.Counter));
    }

    [Test]
    public async Task Bundle_is_pinned_and_an_older_one_is_refused_with_an_alarm()
    {
        await using var lane = await LaneWorld.StartAsync();
        var second = lane.Fleet.SignedBundle(2, CommandKind.Disable, 1);
        await TakeAsync(lane, second, LinkChannel.Trust);
        await TakeAsync(lane, lane.Fleet.SignedBundle(3, CommandKind.Disable, 2), LinkChannel.Trust);
        Assert.That((lane.Fleet.Bundle.Version, lane.Journal.Entries.Any(static e => e.Alarm is not null)), Is.EqualTo((3UL, false)));

        await TakeAsync(lane, second, LinkChannel.Trust);

        Assert.That(lane.Fleet.Bundle.Version, Is.EqualTo(3UL));
        Assert.That(lane.Journal.Entries.Single(static e => e.Alarm is not null).Alarm.Code, Is.EqualTo(ReasonCodes.TrustReplayed));
    }

    [Test]
    public async Task Bundle_that_only_the_server_signed_is_refused_once_there_is_a_root()
    {
        await using var lane = await PinnedAsync(CommandKind.Disable, 1);
        var bundle = TrustBundle.Parser.ParseFrom(lane.Fleet.SignedBundle(3, CommandKind.Disable, 1).Payload);
        bundle.Rules.Clear();
        var envelope = lane.Fleet.SignedBundle(3, CommandKind.Disable, 1);
        envelope.Payload = bundle.ToByteString();
        await TakeAsync(lane, envelope, LinkChannel.Trust);

        Assert.That(lane.Fleet.Bundle.Version, Is.EqualTo(2UL));
        Assert.That(lane.Journal.Entries.Single(static e => e.Alarm is not null).Alarm.Code, Is.EqualTo(ReasonCodes.TrustRefused));
    }

    [Test]
    public async Task Certificate_is_kept_and_a_refusal_is_alarmed()
    {
        await using var lane = await LaneWorld.StartAsync();
        var issued = new CertificateIssued { TerminalId = lane.Fleet.Terminal.Value, CertificateChain = { ByteString.CopyFrom(1) } };
        await TakeAsync(lane, lane.Fleet.Sign(issued), LinkChannel.Certificate);
        Assert.That(lane.Fleet.Kept.Single(), Is.EqualTo(issued));

        await TakeAsync(lane, lane.Fleet.Sign(new CertificateIssued { TerminalId = lane.Fleet.Terminal.Value, Refusal = "no" }), LinkChannel.Certificate);
        Assert.That(lane.Journal.Entries.Single(static e => e.Alarm is not null).Alarm.Code, Is.EqualTo(ReasonCodes.CertificateNotRenewed));
    }

    private static async Task<LaneWorld> PinnedAsync(CommandKind kind, uint approvals)
    {
        var lane = await LaneWorld.StartAsync();
        await TakeAsync(lane, lane.Fleet.SignedBundle(2, kind, approvals), LinkChannel.Trust);
        Assert.That(lane.Fleet.Bundle.Version, Is.EqualTo(2UL));
        return lane;
    }

    private static Task TakeAsync(LaneWorld lane, SignedEnvelope envelope, LinkChannel channel = LinkChannel.Command) =>
        lane.Agent!.Inbox.ReceiveAsync(channel, envelope, CancellationToken.None);
}
