using Fleet.Contracts;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Commands;

/// <summary>Why a command moves.</summary>
internal sealed record MoveCause(Actor Actor, string Reason, string Detail, DateTimeOffset Time)
{
    public static MoveCause Server(DateTimeOffset time, string reason = "", string detail = "") => new(Actor.Server, reason, detail, time);
}

/// <summary>Moves commands along their table; each move is a row of its own in the same transaction.</summary>
internal static class CommandMoves
{
    /// <summary>The state reached; null when the table refuses or somebody else moved it first.</summary>
    public static async Task<CommandState?> TryMoveAsync(
        Session session, CommandRow command, CommandTrigger trigger, MoveCause cause, CancellationToken cancellationToken)
    {
        if (CommandLifecycle.Next(command.State, trigger) is not { } next)
        {
            return null;
        }

        return await SetAsync(session, command, next, cause, cancellationToken) ? next : null;
    }

    /// <summary>A row that tells something new about the state without leaving it.</summary>
    public static Task<bool> RemarkAsync(Session session, CommandRow command, MoveCause cause, CancellationToken cancellationToken) =>
        SetAsync(session, command, command.State, cause, cancellationToken);

    public static Task<List<CommandMove>> ListAsync(Session session, string id, CancellationToken cancellationToken) =>
        session.QueryAsync(
            "SELECT from_state, to_state, at, actor, reason, detail FROM command_moves WHERE command_id = $1 ORDER BY ordinal",
            [id],
            static row => new CommandMove(
                row.Name<CommandState>(0), row.Name<CommandState>(1), row.Time(2), Actor.Parse(row.GetString(3)), row.GetString(4), row.GetString(5)),
            cancellationToken);

    private static async Task<bool> SetAsync(
        Session session, CommandRow command, CommandState next, MoveCause cause, CancellationToken cancellationToken)
    {
        var changed = await session.ExecuteAsync(
            """
            UPDATE commands SET state = $1, is_open = $2, state_reason = $3, state_detail = $4, updated_at = $5, version = $6
            WHERE id = $7 AND state = $8
            """,
            [
                next.ToString(), CommandLifecycle.IsFinal(next) ? 0 : 1, cause.Reason, cause.Detail, Micros.Of(cause.Time),
                await session.NextVersionAsync(cancellationToken), command.Id, command.State.ToString(),
            ],
            cancellationToken);
        if (changed == 0)
        {
            return false;
        }

        await session.ExecuteAsync(
            "INSERT INTO command_moves (command_id, from_state, to_state, at, actor, reason, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [command.Id, command.State.ToString(), next.ToString(), Micros.Of(cause.Time), cause.Actor.ToString(), cause.Reason, cause.Detail],
            cancellationToken);
        session.Touch(Topic.Commands, command.Terminal.Value);
        return true;
    }
}
