using Fleet.Contracts;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Commands;

/// <summary>Asks agents to drop what they have been given. Their answer comes as a state change.</summary>
internal static class CommandWithdrawal
{
    /// <summary>Asks once; asked before, nothing changes.</summary>
    public static async Task AskAsync(Session session, CommandRow command, MoveCause cause, CancellationToken cancellationToken)
    {
        if (command.CancelReason.Length == 0)
        {
            await session.ExecuteAsync("UPDATE commands SET cancel_reason = $1, cancel_envelope = NULL WHERE id = $2", [cause.Detail, command.Id], cancellationToken);
            await CommandMoves.RemarkAsync(
                session, command, cause with { Reason = command.StateReason, Detail = "cancel asked of the agent: " + cause.Detail }, cancellationToken);
        }
    }

    /// <summary>Asks for everything that was given to an agent ahead of its start: what it was asked for holds no more.</summary>
    public static async Task AskForScheduledAsync(Session session, TerminalId terminal, MoveCause cause, CancellationToken cancellationToken)
    {
        var ahead = await CommandRows.WhereAsync(
            session,
            "terminal_id = $1 AND is_open = 1 AND state IN ('Sent', 'Unknown', 'Accepted') AND not_before > $2",
            [terminal.Value, Micros.Of(cause.Time)],
            cancellationToken);
        foreach (var command in ahead)
        {
            await AskAsync(session, command, cause, cancellationToken);
        }
    }
}
