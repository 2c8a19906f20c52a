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
        Session session, TerminalId terminal, CommandKind kind, string exceptCommand, CancellationToken cancellationToken)
    {
        if (await TerminalRows.FindAsync(session, terminal, cancellationToken) is not { } row)
        {
            return Refusal.Missing(terminal.ResourceName);
        }

        var open = await session.QueryAsync(
            "SELECT id, kind, state FROM commands WHERE terminal_id = $1 AND is_open = 1 AND id <> $2 ORDER BY ordinal",
            [terminal.Value, exceptCommand],
            static r => new OpenCommand(r.GetString(0), r.Name<CommandKind>(1), r.Name<CommandState>(2)),
            cancellationToken);
        return CommandGates.Check(terminal, row.State, kind, open);
    }

    /// <summary>
    /// Queues the command with the next counter of its terminal. The counter is given here and not at creation: a command that
    /// starts next week must not make the agent refuse everything in between.
    /// </summary>
    public static async Task QueueAsync(Session session, CommandRow command, MoveCause cause, CancellationToken cancellationToken)
    {
        var counter = await session.ScalarAsync(
            "UPDATE terminals SET command_counter = command_counter + 1 WHERE id = $1 RETURNING command_counter",
            [command.Terminal.Value],
            cancellationToken);
        await session.ExecuteAsync("UPDATE commands SET counter = $1 WHERE id = $2", [counter, command.Id], cancellationToken);
        await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Release, cause, cancellationToken);
    }
}
