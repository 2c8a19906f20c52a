using System.Data.Common;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Terminals;

/// <summary>What rules need to know of a terminal inside a transaction.</summary>
internal sealed record TerminalRow(
    TerminalId Id, TerminalState State, string SuspensionKind, GateChange.Types.State Gate, string Tid, string SerialNumber, long Version);

/// <summary>Reads terminals.</summary>
internal static class TerminalRows
{
    private const string Columns = """
        t.id, t.display_name, t.store, t.lane, t.state, t.suspension_kind, t.tid, t.serial_number, t.model, t.software, t.agent_version,
        t.certificate_fingerprint, t.connected, t.last_contact_at, t.created_at, t.updated_at, t.version, t.unsent_entries,
        (SELECT MAX(j.received_at) FROM journals j WHERE j.terminal_id = t.id), t.health, t.health_at
        """;

    public static Task<TerminalRow?> FindAsync(Session session, TerminalId terminal, CancellationToken cancellationToken) =>
        session.FirstAsync(
            "SELECT id, state, suspension_kind, gate, tid, serial_number, version FROM terminals WHERE id = $1" + session.RowLock,
            [terminal.Value],
            static row => new TerminalRow(
                TerminalId.Parse(row.GetString(0)), row.Name<TerminalState>(1), row.GetString(2), row.Name<GateChange.Types.State>(3), row.GetString(4),
                row.GetString(5), row.GetInt64(6)),
            cancellationToken);

    public static async Task<TerminalView?> ViewAsync(Session session, TerminalId terminal, CancellationToken cancellationToken)
    {
        var rows = await ListAsync(session, new SqlFilter().And("t.id = {0}", terminal.Value), "t.id", 1, cancellationToken);
        return rows.Count == 0 ? null : rows[0].Item;
    }

    /// <summary>Terminals that fit, with their open batches.</summary>
    public static async Task<List<Versioned<TerminalView>>> ListAsync(
        Session session, SqlFilter filter, string order, int limit, CancellationToken cancellationToken)
    {
        var limitAt = filter.Next(limit);
        var rows = await session.QueryAsync(
            $"SELECT {Columns} FROM terminals t{filter.Where} ORDER BY {order} LIMIT {limitAt}", filter.Arguments, Read, cancellationToken);
        if (rows.Count == 0)
        {
            return rows;
        }

        var batches = await OpenBatches.OfAsync(session, rows.ConvertAll(static row => row.Item.Id), cancellationToken);
        return rows.ConvertAll(row => batches.TryGetValue(row.Item.Id, out var batch)
            ? row with { Item = row.Item with { Unsettled = batch.Approved, UnknownTransactions = batch.Unknown + batch.Pending } }
            : row);
    }

    private static Versioned<TerminalView> Read(DbDataReader row) => new(
        new TerminalView
        {
            Id = TerminalId.Parse(row.GetString(0)),
            DisplayName = row.GetString(1),
            Store = row.GetString(2),
            Lane = row.GetString(3),
            State = row.Name<TerminalState>(4),
            SuspensionKind = row.GetString(5),
            Tid = row.GetString(6),
            SerialNumber = row.GetString(7),
            Model = row.GetString(8),
            Software = row.GetString(9),
            AgentVersion = row.GetString(10),
            CertificateFingerprint = row.GetString(11),
            Connected = row.GetInt64(12) != 0,
            LastContact = Latest(row.TimeOrNull(13), row.TimeOrNull(18)),
            Created = row.Time(14),
            Updated = row.Time(15),
            Etag = row.GetInt64(16).ToString(System.Globalization.CultureInfo.InvariantCulture),
            UnsentEntries = row.GetInt64(17),
            Unsettled = [],
            UnknownTransactions = 0,
            Health = row.IsDBNull(19) ? null : HealthReport.Parser.ParseFrom(row.GetFieldValue<byte[]>(19)),
            HealthTime = row.TimeOrNull(20),
        },
        row.GetInt64(16));

    private static DateTimeOffset? Latest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b : a;
}

/// <summary>Sums of the batches that are not settled yet.</summary>
internal static class OpenBatches
{
    public static async Task<Dictionary<TerminalId, TransactionSummary>> OfAsync(
        Session session, IReadOnlyList<TerminalId> terminals, CancellationToken cancellationToken)
    {
        var places = string.Join(", ", Enumerable.Range(1, terminals.Count).Select(static i => $"${i}"));
        var rows = await session.QueryAsync(
            $"""
            SELECT terminal_id, outcome, amount_currency, SUM(booked_count), CAST(SUM(booked_minor) AS BIGINT), COUNT(*) FROM transactions
            WHERE settlement_id = '' AND outcome IN ('Approved', 'Unknown', 'Pending') AND terminal_id IN ({places})
            GROUP BY terminal_id, outcome, amount_currency
            """,
            [.. terminals.Select(static t => (object?)t.Value)],
            static row => (Terminal: TerminalId.Parse(row.GetString(0)), Part: OutcomeSum.Read(row, 1)),
            cancellationToken);
        return rows.GroupBy(static row => row.Terminal).ToDictionary(static group => group.Key, static group => OutcomeSum.Fold(group.Select(static g => g.Part)));
    }
}

/// <summary>Count and sum of one outcome in one currency.</summary>
internal sealed record OutcomeSum(LedgerOutcome Outcome, string Currency, long Count, long Minor, long Rows)
{
    /// <summary>Reads outcome, currency, booked count, booked sum and number of rows.</summary>
    public static OutcomeSum Read(DbDataReader row, int first) => new(
        row.Name<LedgerOutcome>(first),
        row.IsDBNull(first + 1) ? string.Empty : row.GetString(first + 1),
        Convert.ToInt64(row.GetValue(first + 2), System.Globalization.CultureInfo.InvariantCulture),
        row.GetInt64(first + 3),
        row.GetInt64(first + 4));

    public static TransactionSummary Fold(IEnumerable<OutcomeSum> parts)
    {
        var list = parts.ToList();
        return new TransactionSummary(
            [
                .. list.Where(static p => p is { Outcome: LedgerOutcome.Approved, Count: > 0 })
                    .OrderBy(static p => p.Currency, StringComparer.Ordinal)
                    .Select(static p => new Tally(p.Count, new Money(p.Minor, p.Currency))),
            ],
            (int)list.Where(static p => p.Outcome == LedgerOutcome.Unknown).Sum(static p => p.Rows),
            (int)list.Where(static p => p.Outcome == LedgerOutcome.Pending).Sum(static p => p.Rows));
    }
}
