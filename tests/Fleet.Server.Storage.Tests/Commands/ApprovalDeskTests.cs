using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Commands;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class ApprovalDeskTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private TrustKeys _keys = null!;

    [SetUp]
    public async Task PinAsync()
    {
        _keys = new TrustKeys();
        await World.ActivateAsync();
        var bundle = _keys.Bundle(2, (CommandKind.Retire, 2), (CommandKind.Disable, 1));
        StorageWorld.Accepted(await World.Trust.PublishAsync(_keys.Signed(bundle, "server", "root"), _keys.Initial, StorageWorld.Anna, CancellationToken.None));
    }

    [TearDown]
    public void DropKeys() => _keys.Dispose();

    [Test]
    public async Task Command_waits_until_it_has_every_approval_and_then_carries_them()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Retire));
        Assert.That((asked.State, asked.Approvals?.Needed, asked.Counter), Is.EqualTo((CommandState.AwaitingApproval, 2, 0L)));

        var first = StorageWorld.Accepted(await ApproveAsync(asked.Id, "ben"));
        Assert.That((first.State, first.Approvals!.Given.Single().Owner), Is.EqualTo((CommandState.AwaitingApproval, "ben")));
        Assert.That(await World.Queue.QueuedAsync(asked.Terminal, CancellationToken.None), Is.Empty);

        var second = StorageWorld.Accepted(await ApproveAsync(asked.Id, "cleo"));
        Assert.That((second.State, second.Counter), Is.EqualTo((CommandState.Queued, 1L)));
        var row = (await World.Queue.QueuedAsync(asked.Terminal, CancellationToken.None)).Single();
        var command = CommandMessage.Of(row);
        var envelope = new SignedEnvelope { Approvals = { SignedEnvelope.Parser.ParseFrom(row.Approvals).Approvals } };
        Assert.That(Approvals.Check(_keys.Bundle(2, (CommandKind.Retire, 2)), command, envelope), Is.Null, "the agent will believe it");
        Assert.That(second.Moves.Select(static m => m.Actor.Name), Is.SupersetOf(new[] { "anna", "ben", "cleo" }));
    }

    [Test]
    public async Task Kind_without_a_rule_goes_at_once()
    {
        StorageWorld.Accepted(await World.AskAsync(CommandKind.SyncNow));
        Assert.That((await World.Desk.ListAsync(new ListQuery(0, string.Empty, string.Empty), CancellationToken.None)).Value!.Items.Single().State, Is.EqualTo(CommandState.Queued));
    }

    [Test]
    public async Task Preview_says_that_it_would_wait()
    {
        var command = new NewCommand(TerminalId.Parse("lane1"), CommandKind.Retire, "closed", string.Empty, null, null, string.Empty);
        var draft = StorageWorld.Accepted(await World.Desk.CreateAsync(command, validateOnly: true, StorageWorld.Anna, CancellationToken.None));
        Assert.That((draft.State, draft.Approvals?.Needed), Is.EqualTo((CommandState.AwaitingApproval, 2)));
    }

    [Test]
    public async Task Requester_stranger_foreign_key_and_wrong_signature_are_refused_by_name()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));

        Assert.That((await ApproveAsync(asked.Id, "anna")).Refusal?.Code, Is.EqualTo(RefusalCodes.RequesterApproves));
        Assert.That((await ApproveAsync(asked.Id, "mallory")).Refusal?.Code, Is.EqualTo(RefusalCodes.ApproverUnknown));
        Assert.That((await ApproveAsync(asked.Id, "root")).Refusal?.Code, Is.EqualTo(RefusalCodes.ApproverUnknown));
        Assert.That((await ApproveAsync(asked.Id, "ben", caller: "cleo")).Refusal?.Code, Is.EqualTo(RefusalCodes.ApproverForeign));
        var foreign = new ApprovalWord(_keys.IdOf("ben"), Signature("cleo", asked.Approvals!.Order));
        Assert.That((await World.Approvals.ApproveAsync(asked.Id, foreign, Operator("ben"), CancellationToken.None)).Refusal?.Subject, Is.EqualTo("signature"));
        Assert.That((await World.CommandAsync(asked.Id)).State, Is.EqualTo(CommandState.AwaitingApproval));
    }

    [Test]
    public async Task Same_approval_again_changes_nothing_and_does_not_count_twice()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Retire));
        var word = new ApprovalWord(_keys.IdOf("ben"), Signature("ben", asked.Approvals!.Order));
        StorageWorld.Accepted(await World.Approvals.ApproveAsync(asked.Id, word, Operator("ben"), CancellationToken.None));
        StorageWorld.Accepted(await World.Approvals.ApproveAsync(asked.Id, word, Operator("ben"), CancellationToken.None));
        StorageWorld.Accepted(await ApproveAsync(asked.Id, "ben"));

        Assert.That((await World.CommandAsync(asked.Id)).State, Is.EqualTo(CommandState.AwaitingApproval));
        StorageWorld.Accepted(await ApproveAsync(asked.Id, "cleo"));
        Assert.That(StorageWorld.Accepted(await World.Approvals.ApproveAsync(asked.Id, word, Operator("ben"), CancellationToken.None)).State, Is.EqualTo(CommandState.Queued), "a lost answer is repeatable");
    }

    [Test]
    public async Task Rejection_cancels_with_reason_and_later_approval_is_refused()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));

        Assert.That((await World.Approvals.RejectAsync(asked.Id, " ", Operator("ben"), CancellationToken.None)).Refusal?.Subject, Is.EqualTo("reason"));
        var rejected = StorageWorld.Accepted(await World.Approvals.RejectAsync(asked.Id, "wrong lane", Operator("ben"), CancellationToken.None));
        Assert.That((rejected.State, rejected.StateReason, rejected.StateDetail), Is.EqualTo((CommandState.Cancelled, ReasonCodes.ApprovalRejected, "wrong lane")));
        Assert.That((await ApproveAsync(asked.Id, "ben")).Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
    }

    [Test]
    public async Task Approved_command_with_a_start_time_waits_for_it()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, start: World.Clock.GetUtcNow().AddHours(1)));
        Assert.That(StorageWorld.Accepted(await ApproveAsync(asked.Id, "ben")).State, Is.EqualTo(CommandState.Scheduled));

        World.Clock.Advance(TimeSpan.FromHours(2));
        await World.Queue.SweepAsync(CancellationToken.None);
        Assert.That((await World.Queue.QueuedAsync(asked.Terminal, CancellationToken.None)).Single().Approvals, Is.Not.Null);
    }

    [Test]
    public async Task Command_that_nobody_approves_expires()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, ttl: TimeSpan.FromHours(1)));
        World.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That((await ApproveAsync(asked.Id, "ben")).Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
        await World.Queue.SweepAsync(CancellationToken.None);
        Assert.That((await World.CommandAsync(asked.Id)).State, Is.EqualTo(CommandState.Expired));
    }

    [Test]
    public async Task Approver_who_left_the_bundle_counts_no_more()
    {
        var asked = StorageWorld.Accepted(await World.AskAsync(CommandKind.Retire));
        StorageWorld.Accepted(await ApproveAsync(asked.Id, "ben"));
        var next = _keys.Bundle(3, (CommandKind.Retire, 1));
        next.Keys.Remove(next.Keys.Single(static k => k.Owner == "ben"));
        next.Rules[0].Approvals = 1;
        StorageWorld.Accepted(await World.Trust.PublishAsync(_keys.Signed(next, "root"), _keys.Initial, StorageWorld.Anna, CancellationToken.None));

        Assert.That(StorageWorld.Accepted(await ApproveAsync(asked.Id, "cleo")).State, Is.EqualTo(CommandState.AwaitingApproval), "it was asked for under two");
    }

    private static Actor Operator(string name) => new(ActorKind.Operator, name);

    private byte[] Signature(string name, byte[] order) => Signing.Sign(SigningDomain.Approval, order, _keys[name]).Value.ToByteArray();

    private async Task<Answer<CommandView>> ApproveAsync(string id, string name, string? caller = null)
    {
        var order = (await World.CommandAsync(id)).Approvals!.Order;
        return await World.Approvals.ApproveAsync(id, new ApprovalWord(_keys.IdOf(name), Signature(name, order)), Operator(caller ?? name), CancellationToken.None);
    }
}
