using System.Data.Common;
using System.Text.Json;
using Fleet.Contracts;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;

namespace Fleet.Server.Storage.Settlement;

/// <summary>Reads settlements.</summary>
internal static class SettlementRows
{
    private const string Columns = """
        s.terminal_id, s.id, s.command_id, s.terminal_count, s.terminal_minor, s.terminal_currency, s.journal_count, s.journal_minor, s.journal_currency,
        s.ledger_count, s.ledger_minor, s.ledger_currency, s.acquirer_count, s.acquirer_minor, s.acquirer_currency,
        s.state, s.difference, s.received_at, s.brands, s.tid, s.trace_number, s.ordinal
        """;

    public static async Task<SettlementView?> ViewAsync(Session session, TerminalId terminal, string id, CancellationToken cancellationToken) =>
        (await session.FirstAsync(
            $"SELECT {Columns} FROM settlements s WHERE s.terminal_id = $1 AND s.id = $2", [terminal.Value, id], Read, cancellationToken))?.Item;

    /// <summary>Settlements that fit, newest first; the version is the place in the list.</summary>
    public static Task<List<Versioned<SettlementView>>> ListAsync(Session session, SqlFilter filter, int limit, CancellationToken cancellationToken)
    {
        var limitAt = filter.Next(limit);
        return session.QueryAsync(
            $"SELECT {Columns} FROM settlements s{filter.Where} ORDER BY s.ordinal DESC LIMIT {limitAt}", filter.Arguments, Read, cancellationToken);
    }

    private static Versioned<SettlementView> Read(DbDataReader row) => new(
        new SettlementView
        {
            Terminal = TerminalId.Parse(row.GetString(0)),
            Id = row.GetString(1),
            CommandId = row.GetString(2),
            Counters = new Counters(TallyOf(row, 3)!, TallyOf(row, 6)!, TallyOf(row, 9), TallyOf(row, 12)),
            State = row.Name<SettlementState>(15),
            Difference = row.GetString(16),
            Created = row.Time(17),
            Brands = JsonSerializer.Deserialize<List<BrandShare>>(row.GetString(18)) ?? [],
            Tid = row.GetString(19),
            TraceNumber = row.GetInt64(20),
        },
        row.GetInt64(21));

    private static Tally? TallyOf(DbDataReader row, int first) => row.IsDBNull(first)
        ? null
        : new Tally(row.GetInt64(first), new Money(row.GetInt64(first + 1), row.GetString(first + 2)));
}
