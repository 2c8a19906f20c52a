using System.Data.Common;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Lists;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Lists;
using Fleet.Server.Storage.Settlement;
using Fleet.Server.Storage.Terminals;

namespace Fleet.Server.Storage.Transactions;

/// <inheritdoc cref="ILedger"/>
public sealed class Ledger(FleetDatabase database, AcquirerPolicy policy) : ILedger
{
    private const string ReportScope = "acquirer.report";
    private const int TidLength = 8;
    private const long LargestTrace = 999_999;

    private static readonly Dictionary<string, FilterField> TransactionFields = new(StringComparer.Ordinal)
    {
        ["outcome"] = FilterField.Word<LedgerOutcome>("x.outcome"),
        ["kind"] = FilterField.Word<PaymentKind>("x.kind"),
        ["settlement"] = FilterField.Resource("x.settlement_id", "settlements"),
        ["tid"] = FilterField.Text("x.tid"),
        ["currency"] = FilterField.Text("x.amount_currency"),
        ["epoch"] = new("j.epoch", EpochText.Parse),
    };

    private static readonly Dictionary<string, FilterField> SettlementFields = new(StringComparer.Ordinal)
    {
        ["state"] = FilterField.Word<SettlementState>("s.state"),
        ["tid"] = FilterField.Text("s.tid"),
        ["command"] = FilterField.Resource("s.command_id", "commands"),
    };

    /// <inheritdoc/>
    public async Task<Answer<TransactionView>> GetTransactionAsync(TerminalId terminal, string transactionId, CancellationToken cancellationToken)
    {
        var filter = new SqlFilter().And("x.terminal_id = {0}", terminal.Value).And("x.id = {0}", transactionId);
        var rows = await database.ReadAsync((session, ct) => TransactionRows.ListAsync(session, filter, TransactionRows.NewestFirst, 1, ct), cancellationToken);
        return rows.Count == 0 ? Refusal.Missing($"{terminal.ResourceName}/transactions/{transactionId}") : rows[0].Item;
    }

    /// <inheritdoc/>
    public async Task<Answer<Page<TransactionView>>> ListTransactionsAsync(TerminalId? terminal, ListQuery query, CancellationToken cancellationToken)
    {
        var filter = Of("x.terminal_id", terminal);
        var place = new OrdinalPage($"transactions:{terminal}:{query.Filter}", query);
        if ((filter.Add(query.Filter, TransactionFields) ?? place.Continue(filter, "x.ordinal")) is { } refusal)
        {
            return refusal;
        }

        return place.Cut(await database.ReadAsync(
            (session, ct) => TransactionRows.ListAsync(session, filter, TransactionRows.NewestFirst, place.Limit, ct), cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<Answer<TransactionSummary>> SummarizeAsync(TerminalId? terminal, string filter, CancellationToken cancellationToken)
    {
        var sql = Of("x.terminal_id", terminal);
        if (sql.Add(filter, TransactionFields) is { } refusal)
        {
            return refusal;
        }

        var parts = await database.ReadAsync(
            (session, ct) => session.QueryAsync(
                $"""
                SELECT x.outcome, x.amount_currency, SUM(x.booked_count), CAST(SUM(x.booked_minor) AS BIGINT), COUNT(*)
                FROM transactions x JOIN journals j ON j.id = x.journal_id{sql.Where} GROUP BY x.outcome, x.amount_currency
                """,
                sql.Arguments,
                static row => OutcomeSum.Read(row, 0),
                ct),
            cancellationToken);
        return OutcomeSum.Fold(parts);
    }

    /// <inheritdoc/>
    public Answer<IChangeFeed<TransactionView>> Watch(TerminalId? terminal, string resumeToken, bool includeExisting)
    {
        var list = $"watch:transactions:{terminal}";
        var after = 0L;
        if (resumeToken.Length > 0 && !RowFeed<TransactionView>.TryReadToken(list, resumeToken, out after))
        {
            return Refusal.Invalid("resume_token", "It is no resume token of this watch.");
        }

        return Answers.Of<IChangeFeed<TransactionView>>(new RowFeed<TransactionView>(
            database,
            Topic.Transactions,
            (session, version, limit, ct) => TransactionRows.ListAsync(
                session, Of("x.terminal_id", terminal).And("x.version > {0}", version), TransactionRows.OldestChangeFirst, limit, ct),
            list,
            resumeToken.Length > 0 || includeExisting ? after : null));
    }

    /// <inheritdoc/>
    public async Task<Answer<Page<SettlementView>>> ListSettlementsAsync(TerminalId? terminal, ListQuery query, CancellationToken cancellationToken)
    {
        var filter = Of("s.terminal_id", terminal);
        var place = new OrdinalPage($"settlements:{terminal}:{query.Filter}", query);
        if ((filter.Add(query.Filter, SettlementFields) ?? place.Continue(filter, "s.ordinal")) is { } refusal)
        {
            return refusal;
        }

        return place.Cut(await database.ReadAsync((session, ct) => SettlementRows.ListAsync(session, filter, place.Limit, ct), cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<Answer<AcquirerMatch>> ReportAcquirerTotalsAsync(AcquirerReport report, Actor actor, CancellationToken cancellationToken)
    {
        if ((Check(report) ?? RequestIds.Check(report.RequestId)) is { } refusal)
        {
            return refusal;
        }

        return await database.WriteAsync((session, ct) => ReportAsync(session, report, actor, ct), cancellationToken);
    }

    private async Task<Answer<AcquirerMatch>> ReportAsync(Session session, AcquirerReport report, Actor actor, CancellationToken cancellationToken)
    {
        var fingerprint = $"{report.Tid}\n{report.TraceNumber}\n{report.Totals}";
        if (await Requests.FindAsync(session, ReportScope, report.RequestId, fingerprint, cancellationToken) is { } before)
        {
            return before.TryGet(out _, out var reused) ? new AcquirerMatch(await MatchedAsync(session, report, cancellationToken)) : reused;
        }

        var now = database.Clock.GetUtcNow();
        var matched = await AcquirerReports.KeepAsync(session, report, actor, now, cancellationToken);
        await Requests.KeepAsync(session, ReportScope, report.RequestId, fingerprint, report.Tid, Micros.Of(now), cancellationToken);
        if (matched is { } settlement)
        {
            await SettlementBook.CompareAsync(session, settlement.Terminal, settlement.Settlement, policy, cancellationToken);
        }

        return new AcquirerMatch(await MatchedAsync(session, report, cancellationToken));
    }

    private static async Task<SettlementView?> MatchedAsync(Session session, AcquirerReport report, CancellationToken cancellationToken)
    {
        var filter = new SqlFilter().And("s.tid = {0}", report.Tid).And(
            "EXISTS (SELECT 1 FROM acquirer_reports r WHERE r.terminal_id = s.terminal_id AND r.settlement_id = s.id AND r.tid = s.tid AND r.trace_number = {0})",
            report.TraceNumber);
        var rows = await SettlementRows.ListAsync(session, filter, 1, cancellationToken);
        return rows.Count == 0 ? null : rows[0].Item;
    }

    private static Refusal? Check(AcquirerReport report) => report switch
    {
        { Tid.Length: not TidLength } => Refusal.Invalid("tid", "Eight digits."),
        _ when !report.Tid.All(char.IsAsciiDigit) => Refusal.Invalid("tid", "Eight digits."),
        { TraceNumber: < 1 or > LargestTrace } => Refusal.Invalid("trace_number", "The trace number of the end-of-day: 1 to 999999."),
        { Totals.Count: < 0 } => Refusal.Invalid("totals.count", "Not below 0."),
        { Totals.Sum.Currency.Length: not 3, Totals.Count: > 0 } => Refusal.Invalid("totals.sum.currency", "An ISO 4217 code of three letters."),
        { Totals.Sum.MinorUnits: > PaymentDirection.LargestAmount or < -PaymentDirection.LargestAmount } =>
            Refusal.Invalid("totals.sum.minor_units", "More than any terminal can tell."),
        _ => null,
    };

    private static SqlFilter Of(string column, TerminalId? terminal) =>
        terminal is { } id ? new SqlFilter().And(column + " = {0}", id.Value) : new SqlFilter();
}

/// <summary>Reads transactions.</summary>
internal static class TransactionRows
{
    public const string NewestFirst = "x.ordinal DESC";
    public const string OldestChangeFirst = "x.version";

    private const string Columns = """
        x.terminal_id, x.id, x.kind, x.outcome, x.amount_minor, x.amount_currency, x.requested_minor, x.requested_currency, x.trace_number, x.receipt_number,
        x.tid, x.result_code, x.card_type, x.card_name, x.masked_pan, x.approval_code, x.terminal_local_time, x.agent_at, x.ingest_at, x.evidence,
        x.evidence_text, x.settlement_id, j.epoch, x.sequence, x.ordinal, x.version
        """;

    /// <summary>Transactions that fit; the version is what they are ordered by.</summary>
    public static Task<List<Versioned<TransactionView>>> ListAsync(
        Session session, SqlFilter filter, string order, int limit, CancellationToken cancellationToken)
    {
        var limitAt = filter.Next(limit);
        var place = order == OldestChangeFirst ? 25 : 24;
        return session.QueryAsync(
            $"SELECT {Columns} FROM transactions x JOIN journals j ON j.id = x.journal_id{filter.Where} ORDER BY {order} LIMIT {limitAt}",
            filter.Arguments,
            row => new Versioned<TransactionView>(Read(row), row.GetInt64(place)),
            cancellationToken);
    }

    private static TransactionView Read(DbDataReader row) => new()
    {
        Terminal = TerminalId.Parse(row.GetString(0)),
        Id = row.GetString(1),
        Kind = row.Name<PaymentKind>(2),
        Outcome = row.Name<LedgerOutcome>(3),
        Amount = MoneyOf(row, 4),
        Requested = MoneyOf(row, 6),
        TraceNumber = row.GetInt64(8),
        ReceiptNumber = row.GetInt64(9),
        Tid = row.GetString(10),
        ResultCode = (int)row.GetInt64(11),
        CardType = (int)row.GetInt64(12),
        CardName = row.GetString(13),
        MaskedPan = row.GetString(14),
        ApprovalCode = row.GetString(15),
        TerminalLocalTime = row.GetString(16),
        AgentTime = row.Time(17),
        IngestTime = row.Time(18),
        Evidence = row.Name<Transaction.Types.Evidence>(19),
        EvidenceText = row.GetString(20),
        SettlementId = row.GetString(21),
        Epoch = EpochText.Of(row.Bytes(22)),
        Sequence = row.GetInt64(23),
    };

    private static Domain.Transactions.Money? MoneyOf(DbDataReader row, int first) =>
        row.IsDBNull(first) ? null : new Domain.Transactions.Money(row.GetInt64(first), row.GetString(first + 1));
}
