using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Commands;

/// <summary>What is due on the command road: starts, ends, deliveries.</summary>
public sealed class CommandQueue(FleetDatabase database)
{
    private const string Waiting = "'Requested', 'AwaitingApproval', 'Scheduled', 'Queued', 'Sent'";
    private const int LargestSweep = 500;

    private DateTimeOffset Now => database.Clock.GetUtcNow();

    /// <summary>
    /// Queues what has to start and ends what is no longer valid. Returns how many commands moved; call again while it is not 0.
    /// </summary>
    public Task<int> SweepAsync(CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var now = Now;
            var expired = await CommandRows.WhereAsync(
                session, $"is_open = 1 AND state IN ({Waiting}) AND expires_at <= $1 AND ordinal IN {Oldest("expires_at")}", [Micros.Of(now), LargestSweep], ct);
            var moved = 0;
            foreach (var command in expired)
            {
                moved += await ExpireAsync(session, command, now, ct) ? 1 : 0;
            }

            var due = await CommandRows.WhereAsync(
                session, $"is_open = 1 AND state = 'Scheduled' AND not_before <= $1 AND expires_at > $1 AND ordinal IN {Oldest("not_before")}", [Micros.Of(now), LargestSweep], ct);
            foreach (var command in due)
            {
                await StartAsync(session, command, now, ct);
            }

            return moved + due.Count;
        },
        cancellationToken);

    /// <summary>When <see cref="SweepAsync"/> has something to do next; null = nothing waits.</summary>
    public Task<DateTimeOffset?> NextSweepAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (session, ct) =>
        {
            var next = await session.ScalarAsync(
                $"""
                SELECT MIN(at) FROM (
                    SELECT MIN(expires_at) AS at FROM commands WHERE is_open = 1 AND state IN ({Waiting})
                    UNION ALL SELECT MIN(not_before) AS at FROM commands WHERE is_open = 1 AND state = 'Scheduled') AS times
                """,
                [],
                ct);
            return next == 0 ? (DateTimeOffset?)null : Micros.ToTime(next);
        },
        cancellationToken);

    /// <summary>Commands of a terminal that are to be delivered for the first time, in the order of their counters; those that start later as well.</summary>
    public Task<List<CommandRow>> QueuedAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        OfAsync(terminal, "(state = 'Queued' OR (state = 'Scheduled' AND counter > 0))", cancellationToken);

    /// <summary>Commands that were handed to a connection and on which nothing came back.</summary>
    public Task<List<CommandRow>> UnansweredAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        OfAsync(terminal, "state IN ('Sent', 'Unknown') AND envelope IS NOT NULL", cancellationToken);

    /// <summary>Commands that the agent is asked to drop.</summary>
    public Task<List<CommandRow>> CancellationsAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        OfAsync(terminal, "cancel_reason <> '' AND state IN ('Sent', 'Unknown', 'Accepted', 'Blocked')", cancellationToken);

    /// <summary>
    /// Records that the command is about to leave, with the very bytes that leave. False when it must not: it was cancelled, expired, numbered anew
    /// or taken by another server meanwhile.
    /// </summary>
    public Task<bool> MarkSentAsync(CommandRow command, byte[] envelope, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var now = Now;
            if (now >= command.Expires
                || (await CommandRows.FindAsync(session, command.Id, ct))?.Counter != command.Counter
                || await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Deliver, MoveCause.Server(now), ct) is null)
            {
                return false;
            }

            await session.ExecuteAsync("UPDATE commands SET envelope = $1 WHERE id = $2", [envelope, command.Id], ct);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// The signed command, to be carried by hand: the bytes that were sent before, or those of <paramref name="sign"/>, which from then on
    /// count as sent.
    /// </summary>
    public Task<Answer<byte[]>> ExportAsync(string commandId, Func<CommandRow, byte[]> sign, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync<Answer<byte[]>>(
            async (session, ct) =>
            {
                if (await CommandRows.FindAsync(session, commandId, ct) is not { } command)
                {
                    return Refusal.Missing($"commands/{commandId}");
                }

                var now = Now;
                var cause = new MoveCause(actor, string.Empty, "exported to be carried by hand", now);
                if (command is { State: CommandState.Scheduled, Counter: 0 } && now < command.Expires)
                {
                    await CommandRelease.QueueAsync(session, command, cause, ct);
                    command = (await CommandRows.FindAsync(session, commandId, ct))!;
                }

                if (command.State is CommandState.Sent or CommandState.Unknown or CommandState.Accepted && command.Envelope is { } before)
                {
                    return before;
                }

                if (now >= command.Expires || await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Deliver, cause, ct) is null)
                {
                    return Refusal.Gate(ReasonCodes.StateForbids, $"commands/{commandId}", $"The command is {command.State}; only one that waits for its agent can be exported.");
                }

                var envelope = sign(command);
                await session.ExecuteAsync("UPDATE commands SET envelope = $1 WHERE id = $2", [envelope, command.Id], ct);
                await CommandRelease.NumberBehindAsync(session, command, ct);
                return envelope;
            },
            cancellationToken);

    /// <summary>Keeps the signed withdrawal, so that every repetition is the same bytes.</summary>
    public Task<bool> KeepCancellationAsync(CommandRow command, byte[] envelope, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) => await session.ExecuteAsync(
            "UPDATE commands SET cancel_envelope = $1 WHERE id = $2 AND cancel_envelope IS NULL", [envelope, command.Id], ct) > 0,
        cancellationToken);

    /// <summary>The quick copy of an agent's report.</summary>
    public Task<bool> QuickEventAsync(TerminalId terminal, CommandEvent reported, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            await CommandProgress.ApplyQuickAsync(session, terminal, reported, Now, ct);
            return true;
        },
        cancellationToken);

    private static string Oldest(string column) => $"(SELECT ordinal FROM commands WHERE is_open = 1 AND {column} <= $1 ORDER BY {column} LIMIT $2)";

    private static async Task<bool> ExpireAsync(Session session, CommandRow command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var detail = command.State == CommandState.Sent
            ? "its validity is over and the agent has not answered"
            : "its validity was over before it could be sent";
        return await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Expire, MoveCause.Server(now, ReasonCodes.Expired, detail), cancellationToken) is not null;
    }

    // The world may have changed since it was asked for: the gates are asked again.
    private static async Task StartAsync(Session session, CommandRow command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await CommandRelease.CheckAsync(session, command.Terminal, command.Kind, command.Id, now, cancellationToken) is { } gate)
        {
            await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Cancel, MoveCause.Server(now, gate.Code, gate.Text), cancellationToken);
        }
        else
        {
            await CommandRelease.QueueAsync(session, command, new MoveCause(Actor.Server, string.Empty, "its time has come", now), cancellationToken);
        }
    }

    private Task<List<CommandRow>> OfAsync(TerminalId terminal, string condition, CancellationToken cancellationToken) => database.ReadAsync(
        (session, ct) => CommandRows.WhereAsync(session, $"terminal_id = $1 AND is_open = 1 AND {condition}", [terminal.Value], ct), cancellationToken);
}
