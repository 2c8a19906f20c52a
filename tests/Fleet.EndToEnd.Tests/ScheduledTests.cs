using Fleet.Testing;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.EndToEnd.Tests;

/// <summary>Commands that start later: given to the agent ahead, started by it without a server.</summary>
[TestFixture]
[CancelAfter(240_000)]
internal sealed class ScheduledTests
{
    [Test]
    public async Task Scheduled_command_starts_without_a_server_after_the_agent_was_killed(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(1, cancellationToken);
        await Shop.SellAsync(shop.Lane, cancellationToken);
        var start = TimeProvider.System.GetUtcNow().AddSeconds(8);
        var asked = await AskAsync(shop, start, cancellationToken);
        var accepted = await UntilAsync(shop, asked.Name, Command.Types.State.Accepted, cancellationToken);
        Assert.That(accepted.StateDetail, Does.StartWith("kept by the agent, which starts it at"));
        await shop.World.Server.KillAsync();
        await shop.Lane.Agent.KillAsync();
        await shop.Lane.Agent.StartAsync(cancellationToken);
        var gate = await GateAsync(shop, cancellationToken);
        Assert.That(gate, Is.EqualTo("allowed").Or.Matches<string>(_ => TimeProvider.System.GetUtcNow() >= start), "not before its time");

        await Eventually.TrueAsync(async () => (await GateAsync(shop, cancellationToken)).StartsWith("disabled", StringComparison.Ordinal), "it starts by itself");
        Assert.That(TimeProvider.System.GetUtcNow(), Is.GreaterThanOrEqualTo(start));
        Assert.That(shop.World.Server.IsRunning, Is.False);
        await shop.World.Server.StartAsync(cancellationToken);
        await UntilAsync(shop, asked.Name, Command.Types.State.Succeeded, cancellationToken);
        await shop.AgreeAsync(shop.Lane, "after the server is back", cancellationToken);
    }

    [Test]
    public async Task Scheduled_command_waits_for_its_agent_through_a_kill_of_the_server_and_is_cancelled_definitely(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(1, cancellationToken);
        await shop.Lane.Agent.KillAsync();
        var asked = await AskAsync(shop, TimeProvider.System.GetUtcNow().AddMinutes(30), cancellationToken);
        Assert.That(asked.State, Is.EqualTo(Command.Types.State.Scheduled), "nobody is there to take it");
        await shop.World.Server.KillAsync();
        await shop.World.Server.StartAsync(cancellationToken);
        await shop.Lane.Agent.StartAsync(cancellationToken);
        await UntilAsync(shop, asked.Name, Command.Types.State.Accepted, cancellationToken);
        var shown = (await shop.Lane.Agent.StatusAsync(cancellationToken)).Lines.Single(l => asked.Name.EndsWith(l.Name.Split('.')[^1], StringComparison.Ordinal));
        Assert.That(shown.Value, Does.StartWith("starts at "));

        await shop.Commands.CancelCommandAsync(new CancelCommandRequest { Name = asked.Name, Reason = "not needed" }, cancellationToken: cancellationToken);
        await UntilAsync(shop, asked.Name, Command.Types.State.Cancelled, cancellationToken);
        await Eventually.TrueAsync(
            async () => (await shop.Lane.Agent.StatusAsync(cancellationToken)).Lines.Single(static l => l.Name == "commands.open").Value == "none", "the agent has dropped it");
    }

    private static async Task<Command> AskAsync(Shop shop, DateTimeOffset start, CancellationToken cancellationToken) => await shop.Commands.CreateCommandAsync(
        new CreateCommandRequest
        {
            Terminal = $"terminals/{shop.Lane.Name}",
            Kind = Command.Types.Kind.Disable,
            Reason = "closed for the night",
            NotBeforeTime = Timestamp.FromDateTimeOffset(start),
        },
        cancellationToken: cancellationToken);

    private static async Task<Command> UntilAsync(Shop shop, string name, Command.Types.State state, CancellationToken cancellationToken)
    {
        Command? command = null;
        await Eventually.TrueAsync(
            async () =>
            {
                command = await shop.Commands.GetCommandAsync(new GetCommandRequest { Name = name }, cancellationToken: cancellationToken);
                return command.State == state;
            },
            $"the command is {state}");
        return command!;
    }

    private static async Task<string> GateAsync(Shop shop, CancellationToken cancellationToken) =>
        (await shop.Lane.Agent.StatusAsync(cancellationToken)).Lines.Single(static l => l.Name == "gate.state").Value;
}
