using System.Data.Common;
using Fleet.Contracts;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Settlement;

/// <summary>
/// What acquirers reported, by terminal id at the acquirer and trace number of the end-of-day. Reports are only added: a correction is a
/// further report, and the newest one counts.
/// </summary>
internal static class AcquirerReports
{
    private sealed record SettlementName(string Terminal, string Id);

    /// <summary>Keeps a report; the settlement it belongs to, if that is there.</summary>
    public static async Task<(TerminalId Terminal, string Settlement)?> KeepAsync(
        Session session, AcquirerReport report, Actor actor, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var settlement = await session.FirstAsync(
            "SELECT terminal_id, id FROM settlements WHERE tid = $1 AND trace_number = $2 ORDER BY ordinal DESC LIMIT 1",
            [report.Tid, report.TraceNumber],
            static row => new SettlementName(row.GetString(0), row.GetString(1)),
            cancellationToken);
        await session.ExecuteAsync(
            """
            INSERT INTO acquirer_reports (tid, trace_number, count, minor, currency, actor, received_at, terminal_id, settlement_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                report.Tid, report.TraceNumber, report.Totals.Count, report.Totals.Sum.MinorUnits, report.Totals.Sum.Currency, actor.ToString(), Micros.Of(now),
                settlement?.Terminal ?? string.Empty, settlement?.Id ?? string.Empty,
            ],
            cancellationToken);
        return settlement is null ? null : (TerminalId.Parse(settlement.Terminal), settlement.Id);
    }

    /// <summary>The newest report for a settlement. One that came before its settlement is tied to it here: trace numbers come round again.</summary>
    public static async Task<Tally?> TakeAsync(
        Session session, TerminalId terminal, string settlementId, string tid, long traceNumber, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "UPDATE acquirer_reports SET terminal_id = $1, settlement_id = $2 WHERE tid = $3 AND trace_number = $4 AND settlement_id = ''",
            [terminal.Value, settlementId, tid, traceNumber],
            cancellationToken);
        return await session.FirstAsync(
            """
            SELECT count, minor, currency FROM acquirer_reports
            WHERE tid = $1 AND trace_number = $2 AND terminal_id = $3 AND settlement_id = $4 ORDER BY ordinal DESC LIMIT 1
            """,
            [tid, traceNumber, terminal.Value, settlementId],
            ReadTally,
            cancellationToken);
    }

    private static Tally ReadTally(DbDataReader row) => new(row.GetInt64(0), new Money(row.GetInt64(1), row.GetString(2)));
}
