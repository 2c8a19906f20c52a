namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class CommandLifecycleTests
{
    private static readonly CommandTrigger[] AgentStages =
    [
        CommandTrigger.AgentAccepted, CommandTrigger.AgentExecuting, CommandTrigger.AgentDraining, CommandTrigger.AgentSettling, CommandTrigger.AgentUploading,
        CommandTrigger.AgentReconciling, CommandTrigger.AgentLocking, CommandTrigger.AgentSucceeded,
    ];

    [Test]
    public void Final_state_is_never_left([Values] CommandTrigger trigger)
    {
        foreach (var state in Enum.GetValues<CommandState>().Where(CommandLifecycle.IsFinal))
        {
            Assert.That(CommandLifecycle.Next(state, trigger), Is.Null, $"{state}");
        }
    }

    [Test]
    public void Stages_of_an_agent_may_be_skipped_but_never_go_back()
    {
        for (var reached = 0; reached < AgentStages.Length; reached++)
        {
            var state = CommandLifecycle.Next(CommandState.Sent, AgentStages[reached])!.Value;
            for (var next = 0; next < AgentStages.Length && !CommandLifecycle.IsFinal(state); next++)
            {
                Assert.That(CommandLifecycle.Next(state, AgentStages[next]) is not null, Is.EqualTo(next > reached), $"{state} {AgentStages[next]}");
            }
        }
    }

    [Test]
    public void Command_that_may_have_been_delivered_is_never_taken_back_by_the_server_alone()
    {
        CommandState[] delivered =
        [
            CommandState.Sent, CommandState.Accepted, CommandState.Executing, CommandState.Draining, CommandState.Settling, CommandState.Uploading,
            CommandState.Reconciling, CommandState.Locking, CommandState.Blocked, CommandState.Unknown,
        ];

        Assert.That(delivered.Select(static s => CommandLifecycle.Next(s, CommandTrigger.Cancel)), Is.All.Null);
    }

    [Test]
    public void Validity_that_ends_after_delivery_leaves_the_outcome_unknown_until_the_agent_tells()
    {
        Assert.That(CommandLifecycle.Next(CommandState.Sent, CommandTrigger.Expire), Is.EqualTo(CommandState.Unknown));
        Assert.That(CommandLifecycle.Next(CommandState.Unknown, CommandTrigger.AgentSucceeded), Is.EqualTo(CommandState.Succeeded));
        Assert.That(CommandLifecycle.Next(CommandState.Unknown, CommandTrigger.AgentExpired), Is.EqualTo(CommandState.Expired));
    }

    [Test]
    public void Command_that_was_never_delivered_expires_for_certain()
    {
        Assert.That(CommandLifecycle.Next(CommandState.Queued, CommandTrigger.Expire), Is.EqualTo(CommandState.Expired));
    }

    [Test]
    public void Blocked_command_goes_on_at_any_stage_the_agent_resumes_at()
    {
        Assert.That(AgentStages.Select(static t => CommandLifecycle.Next(CommandState.Blocked, t)), Is.All.Not.Null);
    }

    [Test]
    public void Every_state_but_the_first_is_reached_by_some_row()
    {
        Assert.That(CommandLifecycle.Rows.Select(static r => r.To).Distinct().Append(CommandState.Requested), Is.EquivalentTo(Enum.GetValues<CommandState>()));
    }
}
