using System.Text.Json;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Settlement;

/// <summary>Where a settlement's journal entry stands.</summary>
internal sealed record SettlementPlace(TerminalId Terminal, long JournalId, long Sequence, byte[] ChainHash, DateTimeOffset Received);

/// <summary>Keeps settlements and compares their counters whenever one of them changes.</summary>
internal static class SettlementBook
{
    private sealed record Comparable(
        string Id, long JournalId, long After, Tally Terminal, Tally Journal, string Tid, long TraceNumber, string State, string VerdictResult);

    /// <summary>
    /// Keeps a settlement and closes the batch: exactly the transactions whose latest entry lies in the range that the settlement names.
    /// False when a settlement with this id is there already.
    /// </summary>
    public static async Task<bool> KeepAsync(
        Session session, Contracts.Link.V1.Settlement settlement, SettlementPlace place, AcquirerPolicy policy, CancellationToken cancellationToken)
    {
        if (!await InsertAsync(session, settlement, place, cancellationToken))
        {
            return false;
        }

        object?[] range = [place.Terminal.Value, place.JournalId, (long)settlement.AfterSequence, (long)settlement.ThroughSequence];
        const string InRange = "terminal_id = $1 AND journal_id = $2 AND sequence > $3 AND sequence <= $4 AND settlement_id = ''";
        var count = await session.ScalarAsync($"SELECT COUNT(*) FROM transactions WHERE {InRange}", range, cancellationToken);
        if (count > 0)
        {
            var version = await session.ReserveVersionsAsync(count, cancellationToken);
            await session.ExecuteAsync(
                $"""
                WITH batch AS (SELECT ordinal AS place, ROW_NUMBER() OVER (ORDER BY ordinal) AS n FROM transactions WHERE {InRange})
                UPDATE transactions SET settlement_id = $5, version = $6 + batch.n FROM batch WHERE ordinal = batch.place
                """,
                [.. range, settlement.SettlementId, version],
                cancellationToken);
            session.Touch(Topic.Transactions, place.Terminal.Value);
        }

        await CompareAsync(session, place.Terminal, settlement.SettlementId, policy, cancellationToken);
        return true;
    }

    /// <summary>Compares the counters as they are now. A verdict that no longer fits is withdrawn, so that a new one is made.</summary>
    public static async Task CompareAsync(
        Session session, TerminalId terminal, string settlementId, AcquirerPolicy policy, CancellationToken cancellationToken)
    {
        var row = await FindAsync(session, terminal, settlementId, cancellationToken);
        if (row is null)
        {
            return;
        }

        var ledger = await CountLedgerAsync(session, terminal, row, cancellationToken);
        var acquirer = await AcquirerReports.TakeAsync(session, terminal, settlementId, row.Tid, row.TraceNumber, cancellationToken);
        var result = Reconciliation.Compare(row.Terminal, row.Journal, ledger, acquirer, policy);
        await session.ExecuteAsync(
            """
            UPDATE settlements SET ledger_count = $1, ledger_minor = $2, ledger_currency = $3, acquirer_count = $4, acquirer_minor = $5, acquirer_currency = $6,
                state = $7, difference_code = $8, difference = $9, version = $10,
                verdict = CASE WHEN verdict_result = $7 THEN verdict ELSE NULL END
            WHERE terminal_id = $11 AND id = $12
            """,
            [
                ledger.Tally?.Count, ledger.Tally?.Sum.MinorUnits, ledger.Tally?.Sum.Currency,
                acquirer?.Count, acquirer?.Sum.MinorUnits, acquirer?.Sum.Currency,
                result.State.ToString(), result.Code, result.Text, await session.NextVersionAsync(cancellationToken), terminal.Value, settlementId,
            ],
            cancellationToken);
        session.Touch(Topic.Settlements, terminal.Value);
    }

    /// <summary>Approved or open transactions before a place of a journal that no settlement covers.</summary>
    public static Task<long> CountUncoveredAsync(Session session, TerminalId terminal, long journalId, long through, CancellationToken cancellationToken) =>
        session.ScalarAsync(
            """
            SELECT COUNT(*) FROM transactions WHERE terminal_id = $1 AND settlement_id = '' AND (journal_id, sequence) <= ($2, $3)
                AND (booked_count > 0 OR outcome IN ('Unknown', 'Pending'))
            """,
            [terminal.Value, journalId, through],
            cancellationToken);

    private static Task<Comparable?> FindAsync(Session session, TerminalId terminal, string id, CancellationToken cancellationToken) =>
        session.FirstAsync(
            """
            SELECT id, journal_id, after_sequence, terminal_count, terminal_minor, terminal_currency, journal_count, journal_minor, journal_currency,
                tid, trace_number, state, verdict_result
            FROM settlements WHERE terminal_id = $1 AND id = $2
            """ + session.RowLock,
            [terminal.Value, id],
            static row => new Comparable(
                row.GetString(0),
                row.GetInt64(1),
                row.GetInt64(2),
                new Tally(row.GetInt64(3), new Money(row.GetInt64(4), row.GetString(5))),
                new Tally(row.GetInt64(6), new Money(row.GetInt64(7), row.GetString(8))),
                row.GetString(9),
                row.GetInt64(10),
                row.GetString(11),
                row.GetString(12)),
            cancellationToken);

    private static async Task<LedgerCount> CountLedgerAsync(Session session, TerminalId terminal, Comparable row, CancellationToken cancellationToken)
    {
        var parts = await session.QueryAsync(
            """
            SELECT outcome, amount_currency, SUM(booked_count), CAST(SUM(booked_minor) AS BIGINT), COUNT(*) FROM transactions
            WHERE settlement_id = $1 AND terminal_id = $2 GROUP BY outcome, amount_currency
            """,
            [row.Id, terminal.Value],
            static r => OutcomeSum.Read(r, 0),
            cancellationToken);
        var sums = OutcomeSum.Fold(parts);
        var uncovered = await CountUncoveredAsync(session, terminal, row.JournalId, row.After, cancellationToken);
        return new LedgerCount(sums.Approved, sums.Unknown + sums.Pending, uncovered);
    }

    private static async Task<bool> InsertAsync(
        Session session, Contracts.Link.V1.Settlement settlement, SettlementPlace place, CancellationToken cancellationToken)
    {
        var brands = settlement.Brands.Select(static b => new BrandShare(b.Brand, b.Count, b.MinorUnits)).ToList();
        return await session.ExecuteAsync(
            """
            INSERT INTO settlements (terminal_id, id, command_id, journal_id, sequence, chain_hash, after_sequence, through_sequence, result_code,
                terminal_count, terminal_minor, terminal_currency, journal_count, journal_minor, journal_currency,
                brands, receipt_from, receipt_to, trace_number, tid, state, difference_code, difference, verdict, verdict_result, received_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 'Open', '', '', NULL, '', $21, $22)
            ON CONFLICT (terminal_id, id) DO NOTHING
            """,
            [
                place.Terminal.Value, settlement.SettlementId, settlement.CommandId, place.JournalId, place.Sequence, place.ChainHash,
                (long)settlement.AfterSequence, (long)settlement.ThroughSequence, (long)settlement.ResultCode,
                .. Parts(settlement.Terminal), .. Parts(settlement.Journal),
                JsonSerializer.Serialize(brands), (long)settlement.ReceiptFrom, (long)settlement.ReceiptTo, (long)settlement.TraceNumber, settlement.Tid,
                Micros.Of(place.Received), await session.NextVersionAsync(cancellationToken),
            ],
            cancellationToken) > 0;
    }

    private static object?[] Parts(Counter? counter) => [(long)(counter?.Count ?? 0), counter?.Sum?.MinorUnits ?? 0, counter?.Sum?.Currency ?? string.Empty];
}
