using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Settlement;
using Fleet.Server.Storage.Terminals;

namespace Fleet.Server.Storage.Transactions;

/// <summary>
/// Writes the ledger. The entry with the highest (journal, sequence) of a transaction is its row; every other outcome is kept as a revision,
/// whatever the order of arrival.
/// </summary>
internal sealed class LedgerWriter(Session session, TerminalId terminal, long journalId, AcquirerPolicy policy, DateTimeOffset now)
{
    private const string Revision = """
        INSERT INTO transaction_revisions (terminal_id, id, journal_id, sequence, outcome, amount_minor, amount_currency, evidence, ingest_at, replaced_at)
        """;

    private const string Insert = """
        INSERT INTO transactions (terminal_id, id, kind, outcome, amount_minor, amount_currency, requested_minor, requested_currency, booked_count, booked_minor,
            trace_number, receipt_number, tid, result_code, card_type, card_name, masked_pan, approval_code, terminal_local_time, agent_at, ingest_at,
            evidence, evidence_text, settlement_id, journal_id, sequence, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, '', $24, $25, $26)
        """;

    private const string InsertNew = Insert + " ON CONFLICT (terminal_id, id) DO NOTHING";

    private const string Merge = Insert + """

        ON CONFLICT (terminal_id, id) DO UPDATE SET kind = excluded.kind, outcome = excluded.outcome, amount_minor = excluded.amount_minor,
            amount_currency = excluded.amount_currency, requested_minor = COALESCE(excluded.requested_minor, transactions.requested_minor),
            requested_currency = COALESCE(excluded.requested_currency, transactions.requested_currency), booked_count = excluded.booked_count,
            booked_minor = excluded.booked_minor, trace_number = excluded.trace_number, receipt_number = excluded.receipt_number, tid = excluded.tid,
            result_code = excluded.result_code, card_type = excluded.card_type, card_name = excluded.card_name, masked_pan = excluded.masked_pan,
            approval_code = excluded.approval_code, terminal_local_time = excluded.terminal_local_time, agent_at = excluded.agent_at,
            ingest_at = excluded.ingest_at, evidence = excluded.evidence, evidence_text = excluded.evidence_text, journal_id = excluded.journal_id,
            sequence = excluded.sequence, version = excluded.version
        WHERE (transactions.journal_id, transactions.sequence) < (excluded.journal_id, excluded.sequence)
        """;

    // What is usual takes one statement: a payment that is new here, or one that was pending, whose row nobody would want to see again.
    private const string Usual = Merge + " AND transactions.outcome = 'Pending' AND transactions.settlement_id = ''";

    private const string Replace = Merge + " RETURNING settlement_id";

    /// <summary>An intent: pending, unless something is known already.</summary>
    public async Task AnnounceAsync(PaymentIntent intent, JournalEntry entry, CancellationToken cancellationToken)
    {
        var booking = Booking.Of(intent);
        await RefuseImpossibleAsync(booking, entry, cancellationToken);
        await session.ExecuteAsync(InsertNew, await RowAsync(booking, entry, cancellationToken), cancellationToken);
        session.Touch(Topic.Transactions, terminal.Value);
    }

    /// <summary>An outcome.</summary>
    public async Task BookAsync(Transaction transaction, JournalEntry entry, CancellationToken cancellationToken)
    {
        var booking = Booking.Of(transaction);
        await RefuseImpossibleAsync(booking, entry, cancellationToken);
        var row = await RowAsync(booking, entry, cancellationToken);
        if (await session.ExecuteAsync(Usual, row, cancellationToken) == 0)
        {
            await ReplaceAsync(booking, row, entry, cancellationToken);
        }

        session.Touch(Topic.Transactions, terminal.Value);
    }

    private async Task ReplaceAsync(Booking booking, object?[] row, JournalEntry entry, CancellationToken cancellationToken)
    {
        await KeepReplacedAsync(booking.Id, entry, cancellationToken);
        switch (await session.FirstAsync(Replace, row, static r => r.GetString(0), cancellationToken))
        {
            case null:
                await KeepOvertakenAsync(booking, entry, cancellationToken);
                break;
            case { Length: > 0 } settlement:
                // An outcome that is learnt after its batch was settled changes that settlement's counters.
                await SettlementBook.CompareAsync(session, terminal, settlement, policy, cancellationToken);
                break;
            default:
                break;
        }
    }

    private async Task<object?[]> RowAsync(Booking booking, JournalEntry entry, CancellationToken cancellationToken) =>
    [
        terminal.Value, booking.Id, booking.Kind.ToString(), booking.Outcome.ToString(),
        booking.Amount?.MinorUnits, booking.Amount?.Currency, booking.Requested?.MinorUnits, booking.Requested?.Currency,
        booking.Count, booking.Minor,
        (long)booking.Details.TraceNumber, (long)booking.Details.ReceiptNumber, booking.Details.Tid, (long)booking.Details.ResultCode,
        (long)booking.Details.CardType, booking.Details.CardName, booking.Details.MaskedPan, booking.Details.ApprovalCode, booking.Details.TerminalLocalTime,
        entry.Stamp?.WallUnixMicros ?? 0, Micros.Of(now), booking.Details.Evidence.ToString(), booking.Details.EvidenceText,
        journalId, (long)entry.Sequence, await session.NextVersionAsync(cancellationToken),
    ];

    private async Task KeepReplacedAsync(string id, JournalEntry entry, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            Revision + """

            SELECT terminal_id, id, journal_id, sequence, outcome, amount_minor, amount_currency, evidence, ingest_at, $1 FROM transactions
            WHERE terminal_id = $2 AND id = $3 AND outcome <> 'Pending' AND (journal_id, sequence) < ($4, $5)
            """,
            [Micros.Of(now), terminal.Value, id, journalId, (long)entry.Sequence],
            cancellationToken);

    private async Task KeepOvertakenAsync(Booking booking, JournalEntry entry, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            Revision + " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
            [
                terminal.Value, booking.Id, journalId, (long)entry.Sequence, booking.Outcome.ToString(), booking.Amount?.MinorUnits, booking.Amount?.Currency,
                booking.Details.Evidence.ToString(), Micros.Of(now),
            ],
            cancellationToken);

    private async Task RefuseImpossibleAsync(Booking booking, JournalEntry entry, CancellationToken cancellationToken)
    {
        if (booking.Fault.Length > 0)
        {
            await Alarms.RaiseAsync(
                session, terminal, Alarm.Types.Severity.Critical, AlarmCodes.EntryInvalid, $"entry {entry.Sequence}: {booking.Fault}", Alarms.FromServer, now, cancellationToken);
        }
    }
}
