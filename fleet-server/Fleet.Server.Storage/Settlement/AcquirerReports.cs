using System.Data.Common;
using Fleet.Contracts;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Settlement;

/// <summary>
/// What acquirers reported, by terminal id at the acquirer and trace number of the end-of-day. Reports are only added: a correction is a
/// further report, and the newest one counts. A settlement whose end of day was cut off has no trace number: it takes the one report of
/// its terminal that belongs to nothing else, and the sums still have to be equal.
/// </summary>
internal static class AcquirerReports
{
    private sealed record SettlementName(string Terminal, string Id);

    /// <summary>Keeps a report; the settlement it belongs to, if that is there.</summary>
    public static async Task<(TerminalId Terminal, string Settlement)?> KeepAsync(
        Session session, AcquirerReport report, Actor actor, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var settlement = await session.FirstAsync(
            """
            SELECT terminal_id, id FROM settlements s
            WHERE tid = $1 AND (trace_number = $2 OR (trace_number = 0 AND NOT EXISTS (
                SELECT 1 FROM acquirer_reports r WHERE r.terminal_id = s.terminal_id AND r.settlement_id = s.id AND r.trace_number <> $2)))
            ORDER BY trace_number DESC, ordinal DESC LIMIT 1
            """,
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
            """
            UPDATE acquirer_reports SET terminal_id = $1, settlement_id = $2
            WHERE tid = $3 AND settlement_id = '' AND (trace_number = $4 OR ($4 = 0
                AND (SELECT COUNT(*) FROM acquirer_reports WHERE tid = $3 AND settlement_id = '') = 1
                AND NOT EXISTS (SELECT 1 FROM acquirer_reports WHERE terminal_id = $1 AND settlement_id = $2)))
            """,
            [terminal.Value, settlementId, tid, traceNumber],
            cancellationToken);
        return await session.FirstAsync(
            """
            SELECT count, minor, currency FROM acquirer_reports
            WHERE tid = $1 AND (trace_number = $2 OR $2 = 0) AND terminal_id = $3 AND settlement_id = $4 ORDER BY ordinal DESC LIMIT 1
            """,
            [tid, traceNumber, terminal.Value, settlementId],
            ReadTally,
            cancellationToken);
    }

    private static Tally ReadTally(DbDataReader row) => new(row.GetInt64(0), new Money(row.GetInt64(1), row.GetString(2)));
}
