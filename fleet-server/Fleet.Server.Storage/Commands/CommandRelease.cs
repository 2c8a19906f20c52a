using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;

namespace Fleet.Server.Storage.Commands;

/// <summary>The gates in front of a command, and its way into the queue.</summary>
internal static class CommandRelease
{
    /// <summary>Null when nothing forbids the command now.</summary>
    public static async Task<Refusal?> CheckAsync(
        Session session, TerminalId terminal, CommandKind kind, string exceptCommand, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await TerminalRows.FindAsync(session, terminal, cancellationToken) is not { } row)
        {
            return Refusal.Missing(terminal.ResourceName);
        }

        var open = await session.QueryAsync(
            "SELECT id, kind, state, not_before FROM commands WHERE terminal_id = $1 AND is_open = 1 AND id <> $2 ORDER BY ordinal",
            [terminal.Value, exceptCommand],
            r => new OpenCommand(r.GetString(0), r.Name<CommandKind>(1), r.Name<CommandState>(2), r.TimeOrNull(3) > now),
            cancellationToken);
        return CommandGates.Check(terminal, row.State, kind, open);
    }

    /// <summary>Queues the command to be delivered at once.</summary>
    public static async Task QueueAsync(Session session, CommandRow command, MoveCause cause, CancellationToken cancellationToken)
    {
        await NumberAsync(session, command, cancellationToken);
        await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Release, cause, cancellationToken);
    }

    /// <summary>Schedules the command. It is delivered as soon as the agent can be reached, and the agent starts it by itself.</summary>
    public static async Task DeferAsync(Session session, CommandRow command, MoveCause cause, CancellationToken cancellationToken)
    {
        await NumberAsync(session, command, cancellationToken);
        await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Defer, cause, cancellationToken);
    }

    /// <summary>
    /// Gives fresh counters to what has not left yet although its turn was before <paramref name="left"/>, which is carried by hand: the agent
    /// would refuse a lower counter for ever. Whatever is not signed yet may still change.
    /// </summary>
    public static async Task NumberBehindAsync(Session session, CommandRow left, CancellationToken cancellationToken)
    {
        var overtaken = await CommandRows.WhereAsync(
            session,
            "terminal_id = $1 AND is_open = 1 AND state IN ('Queued', 'Scheduled') AND counter > 0 AND counter < $2",
            [left.Terminal.Value, left.Counter],
            cancellationToken);
        foreach (var command in overtaken)
        {
            await RenumberAsync(session, command, cancellationToken);
        }
    }

    // Given with the release and not at creation, so that the order of the counters is the order of leaving.
    private static Task NumberAsync(Session session, CommandRow command, CancellationToken cancellationToken) =>
        command.Counter > 0 ? Task.CompletedTask : RenumberAsync(session, command, cancellationToken);

    private static async Task RenumberAsync(Session session, CommandRow command, CancellationToken cancellationToken)
    {
        var counter = await session.ScalarAsync(
            "UPDATE terminals SET command_counter = command_counter + 1 WHERE id = $1 RETURNING command_counter",
            [command.Terminal.Value],
            cancellationToken);
        await session.ExecuteAsync("UPDATE commands SET counter = $1 WHERE id = $2", [counter, command.Id], cancellationToken);
    }
}
