using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Capture;

/// <summary>
/// Writes the life of an end-of-day: begun before 06 50 leaves, totals before 04 0F is answered, settlement and fresh counters in
/// one commit. All members are called by the holder of the terminal line only.
/// </summary>
public sealed class SettlementCapture(CaptureStore store, TerminalIdentityGuard device, TimeProvider clock, ILogger<SettlementCapture> logger)
{
    /// <summary>What is durable.</summary>
    public CaptureSnapshot Snapshot => store.Snapshot;

    /// <summary>Writes that an end-of-day begins. Only after it completes may 06 50 go to the terminal.</summary>
    /// <param name="commandId">Command that asks for it; empty for till and terminal.</param>
    /// <param name="before">Totals of an X report just before, or null.</param>
    /// <param name="cancellationToken">Gives up before the commit has begun.</param>
    public async Task<OpenSettlement> BeginAsync(string commandId, CapturedTotals? before, CancellationToken cancellationToken)
    {
        var settlement = new OpenSettlement
        {
            SettlementId = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            CommandId = commandId,
            Before = before,
        };
        await store.CommitAsync("settlement-begin", Snapshot with { Settlement = settlement }, new JournalWrite(), cancellationToken);
        return settlement;
    }

    /// <summary>Hands an end-of-day that was begun and never ended to another owner.</summary>
    public async Task<OpenSettlement> AdoptAsync(OpenSettlement settlement, string commandId, CancellationToken cancellationToken)
    {
        if (settlement.CommandId == commandId)
        {
            return settlement;
        }

        var adopted = settlement with { CommandId = commandId };
        await store.CommitAsync("settlement-adopt", Snapshot with { Settlement = adopted }, new JournalWrite(), cancellationToken);
        return adopted;
    }

    /// <summary>Makes the totals durable before 04 0F is answered.</summary>
    public async Task<OpenSettlement> SeeTotalsAsync(OpenSettlement settlement, CapturedTotals totals, CancellationToken cancellationToken)
    {
        var seen = settlement with { Totals = totals };
        await store.CommitAsync("settlement-totals", Snapshot with { Settlement = seen }, new JournalWrite(), cancellationToken);
        return seen;
    }

    /// <summary>The terminal did not settle: the batch stays open.</summary>
    public Task AbandonAsync(CancellationToken cancellationToken) =>
        store.CommitAsync("settlement-abandon", Snapshot with { Settlement = null }, new JournalWrite(), cancellationToken);

    /// <summary>
    /// The terminal settled: payments that only its totals can decide, the settlement, the fresh counters and <paramref name="with"/>
    /// are one commit.
    /// </summary>
    /// <param name="settlement">The open end-of-day.</param>
    /// <param name="resultCode">Code of the completion, 0 for a plain one.</param>
    /// <param name="defaultCurrency">Currency of totals that name none, ISO 4217 letters.</param>
    /// <param name="with">Entries and state of the same commit.</param>
    /// <param name="cancellationToken">Gives up before the commit has begun.</param>
    public async Task SettleAsync(
        OpenSettlement settlement, byte resultCode, string defaultCurrency, JournalWrite with, CancellationToken cancellationToken)
    {
        var totals = settlement.Totals ?? settlement.Before;
        var currency = totals is { Currency.Length: > 0 } ? totals.Currency : defaultCurrency;
        await DecideAsync(totals, currency, cancellationToken);
        var position = store.Position;
        var entry = SettlementEntry.Of(settlement, totals, currency, resultCode, Snapshot, position);

        // Totals seldom carry the TID (BMP 29), and acquirers know a batch by nothing else.
        entry.Tid = device.Pinned?.Tid ?? string.Empty;
        var next = Snapshot with
        {
            Open = [],
            Batch = new BatchCounters { Epoch = position.Epoch.ToString("N"), AfterSequence = position.LastSequence },
            Settlement = null,
            SpentNumbers = Snapshot.SpentNumbers + 1,
        };
        var past = StandaloneSales.Find(entry, seesWholeBatch: Snapshot.Batch.Epoch.Length > 0);
        var write = with with { Bodies = [new JournalEntry { Settlement = entry }, .. past is null ? [] : new[] { past }, .. with.Bodies] };
        await store.CommitAsync("settlement", next, write, cancellationToken);
        CaptureLog.Settled(
            logger, entry.SettlementId, entry.Terminal?.Count ?? 0, entry.Terminal?.Sum.MinorUnits ?? 0, entry.Journal.Count, entry.Journal.Sum.MinorUnits);
    }

    // A commit of its own, before: its entry has to lie inside the range that the settlement covers.
    private async Task DecideAsync(CapturedTotals? totals, string currency, CancellationToken cancellationToken)
    {
        if (TotalsDecision.Of(Snapshot, totals, currency) is not { } decided)
        {
            return;
        }

        var next = Snapshot with { Open = [] };
        if (decided.Outcome == TransactionOutcome.Approved)
        {
            next = next with { Batch = next.Batch.With(decided.Amount.Currency, PaymentDirection.Signed(decided)) };
        }

        await store.CommitAsync("settlement-decide", next, JournalWrite.Of(new JournalEntry { Transaction = decided }), cancellationToken);
    }
}

/// <summary>Journal body of a settlement.</summary>
internal static class SettlementEntry
{
    public static Settlement Of(
        OpenSettlement settlement, CapturedTotals? totals, string currency, byte resultCode, CaptureSnapshot snapshot, JournalPosition position)
    {
        var batch = snapshot.Batch;
        var journal = batch.Of(currency);
        var entry = new Settlement
        {
            SettlementId = settlement.SettlementId,
            CommandId = settlement.CommandId,
            ResultCode = resultCode,
            Journal = Counter(journal.Count, journal.SumMinor, currency),
            ReceiptFrom = totals?.ReceiptFrom ?? 0,
            ReceiptTo = totals?.ReceiptTo ?? 0,

            // The batch's own number, by which the acquirer knows it; what was asked for before it was closed has another.
            TraceNumber = settlement.Totals?.TraceNumber ?? 0,
            AfterSequence = batch.Epoch == position.Epoch.ToString("N") ? batch.AfterSequence : 0,
            ThroughSequence = position.LastSequence,
        };
        entry.UnknownTransactionIds.Add(snapshot.Open.Select(static p => p.TransactionId));
        if (totals?.Count is { } count)
        {
            entry.Terminal = Counter(count, totals.SumMinor, currency);
            entry.Brands.Add(totals.Brands.Select(static b => new BrandTotal { Brand = b.Brand, Count = b.Count, MinorUnits = b.SumMinor }));
        }

        return entry;
    }

    private static Counter Counter(uint count, long sumMinor, string currency) =>
        new() { Count = count, Sum = new Money { MinorUnits = sumMinor, Currency = currency } };
}
