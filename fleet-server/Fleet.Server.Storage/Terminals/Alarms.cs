using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <summary>An alarm as it is kept.</summary>
public sealed record AlarmView(
    TerminalId Terminal, Alarm.Types.Severity Severity, string Code, string Detail, string Source, DateTimeOffset First, DateTimeOffset Last, long Occurrences);

/// <summary>
/// Alarms of terminals. The same alarm again within an hour counts up instead of filling the table: an agent that repeats a refused batch
/// would otherwise write one a second.
/// </summary>
public static class Alarms
{
    /// <summary>Raised by the server.</summary>
    public const string FromServer = "server";

    /// <summary>Told by the agent's journal.</summary>
    public const string FromAgent = "agent";

    private static readonly TimeSpan SameAlarm = TimeSpan.FromHours(1);

    /// <summary>Raises an alarm.</summary>
    public static async Task RaiseAsync(
        Session session, TerminalId terminal, Alarm.Types.Severity severity, string code, string detail, string source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var repeated = await session.ExecuteAsync(
            """
            UPDATE alarms SET last_at = $1, occurrences = occurrences + 1
            WHERE ordinal = (SELECT MAX(ordinal) FROM alarms WHERE terminal_id = $2 AND code = $3) AND detail = $4 AND source = $5 AND last_at > $6
            """,
            [Micros.Of(now), terminal.Value, code, detail, source, Micros.Of(now - SameAlarm)],
            cancellationToken);
        if (repeated == 0)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO alarms (terminal_id, severity, code, detail, source, first_at, last_at, occurrences)
                VALUES ($1, $2, $3, $4, $5, $6, $6, 1)
                """,
                [terminal.Value, severity.ToString(), code, detail, source, Micros.Of(now)],
                cancellationToken);
        }
    }

    /// <summary>Alarms of a terminal, newest first.</summary>
    public static Task<List<AlarmView>> ListAsync(Session session, TerminalId terminal, int limit, CancellationToken cancellationToken) =>
        session.QueryAsync(
            """
            SELECT severity, code, detail, source, first_at, last_at, occurrences FROM alarms WHERE terminal_id = $1 ORDER BY ordinal DESC LIMIT $2
            """,
            [terminal.Value, limit],
            row => new AlarmView(
                terminal, row.Name<Alarm.Types.Severity>(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Time(4), row.Time(5), row.GetInt64(6)),
            cancellationToken);
}
