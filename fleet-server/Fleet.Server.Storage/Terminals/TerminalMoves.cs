using Fleet.Contracts;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <summary>Moves terminals along their table; each move is a row of its own in the same transaction.</summary>
internal static class TerminalMoves
{
    /// <summary>Moves the terminal if the table knows the event in its state; false when nothing changed.</summary>
    public static async Task<bool> TryMoveAsync(
        Session session, TerminalRow terminal, TerminalEvent happened, Actor actor, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (TerminalLifecycle.Next(terminal.State, happened) is not { } next)
        {
            return false;
        }

        var kind = TerminalLifecycle.SuspensionKind(next, happened, terminal.SuspensionKind);
        var changed = await session.ExecuteAsync(
            "UPDATE terminals SET state = $1, suspension_kind = $2, updated_at = $3, version = $4 WHERE id = $5 AND state = $6",
            [next.ToString(), kind, Micros.Of(now), await session.NextVersionAsync(cancellationToken), terminal.Id.Value, terminal.State.ToString()],
            cancellationToken);
        if (changed == 0)
        {
            return false;
        }

        await session.ExecuteAsync(
            "INSERT INTO terminal_moves (terminal_id, from_state, to_state, event, at, actor, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [terminal.Id.Value, terminal.State.ToString(), next.ToString(), happened.ToString(), Micros.Of(now), actor.ToString(), reason],
            cancellationToken);
        session.Touch(Topic.Terminals, terminal.Id.Value);
        return true;
    }

    /// <summary>Looks the terminal up and moves it.</summary>
    public static async Task<bool> TryMoveAsync(
        Session session, TerminalId id, TerminalEvent happened, Actor actor, string reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        await TerminalRows.FindAsync(session, id, cancellationToken) is { } terminal
        && await TryMoveAsync(session, terminal, happened, actor, reason, now, cancellationToken);

    public static Task<List<TerminalMove>> ListAsync(Session session, TerminalId terminal, CancellationToken cancellationToken) =>
        session.QueryAsync(
            "SELECT from_state, to_state, event, at, actor, reason FROM terminal_moves WHERE terminal_id = $1 ORDER BY ordinal",
            [terminal.Value],
            static row => new TerminalMove(
                row.Name<TerminalState>(0), row.Name<TerminalState>(1), row.Name<TerminalEvent>(2), row.Time(3), Actor.Parse(row.GetString(4)), row.GetString(5)),
            cancellationToken);
}
