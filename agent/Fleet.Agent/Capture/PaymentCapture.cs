using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Capture;

/// <summary>How a payment ended, and how that was learnt.</summary>
/// <param name="Outcome">Final outcome.</param>
/// <param name="ResultCode">BMP 27 or the code of 06 1E.</param>
/// <param name="Evidence">How it was learnt.</param>
/// <param name="EvidenceText">What was seen, in words, without card data.</param>
public sealed record PaymentResult(TransactionOutcome Outcome, byte ResultCode, Transaction.Types.Evidence Evidence, string EvidenceText)
{
    /// <summary>The terminal's record, where it is another one than the last 04 0F of the dialogue.</summary>
    public CapturedStatus? Status { get; init; }

    /// <summary>The 04 0F of a Repeat Receipt that told it, as the terminal sent it; never stored.</summary>
    public Apdu? Repeated { get; init; }
}

/// <summary>
/// Writes the life of a payment: intent before the request leaves, outcome before the till hears of it. All members are called by
/// the holder of the terminal line only.
/// </summary>
public sealed class PaymentCapture(CaptureStore store, PaymentFates fates, BlockedTerminal blocked, TimeProvider clock, ILogger<PaymentCapture> logger)
{
    // The payment whose dialogue runs; written by the holder of the line, read by whoever admits the next one.
    private volatile string? _inFlight;

    /// <summary>What is durable.</summary>
    public CaptureSnapshot Snapshot => store.Snapshot;

    /// <summary>Open payments whose dialogue is over: their outcome has to be found out.</summary>
    public IEnumerable<OpenPayment> Unresolved
    {
        get
        {
            var inFlight = _inFlight;
            return Snapshot.Open.Where(p => p.TransactionId != inFlight);
        }
    }

    /// <summary>Writes the intent. Only after it completes may the request go to the terminal.</summary>
    /// <exception cref="JournalFaultException">The payment must not start.</exception>
    public async Task<OpenPayment> BeginAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        var payment = new OpenPayment
        {
            TransactionId = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            Request = request,
            Before = Snapshot.Last,
            StartedUnixMicros = UnixMicros(),
        };
        var entry = new JournalEntry { Intent = TransactionEntries.IntentOf(payment) };
        _inFlight = payment.TransactionId;
        await store.CommitAsync("intent", Snapshot.With(payment), JournalWrite.Of(entry), cancellationToken);
        return payment;
    }

    /// <summary>Tells of a payment whose intent is written. Apart from that because the terminal waits for the one and nobody for the other.</summary>
    public void TellBegun(OpenPayment payment) =>
        CaptureLog.Intent(logger, payment.TransactionId, payment.Request.Kind, payment.Request.AmountMinor, payment.Request.Currency);

    /// <summary>Makes a 04 0F durable before it is answered.</summary>
    public async Task<OpenPayment> SeeStatusAsync(OpenPayment payment, CapturedStatus status, CancellationToken cancellationToken)
    {
        var seen = payment with { Stage = PaymentStage.StatusSeen, Status = status };
        await store.CommitAsync("status", Snapshot.With(seen), new JournalWrite(), cancellationToken);
        return seen;
    }

    /// <summary>Writes the outcome with everything that follows from it. Only after it completes may the till hear of it.</summary>
    /// <returns>What was written, for <see cref="TellEnded"/> when nobody waits any more.</returns>
    public async Task<Transaction> FinishAsync(OpenPayment payment, PaymentResult result, CancellationToken cancellationToken)
    {
        var transaction = TransactionEntries.Of(payment, result);
        var next = Snapshot.Without(payment);
        var gap = ReceiptGap.Find(Snapshot.Last, Snapshot.SpentNumbers, transaction) ?? TraceGap.Find(Snapshot.Last, Snapshot.SpentNumbers, transaction);
        next = next with { SpentNumbers = transaction.Outcome == TransactionOutcome.Approved ? 0 : next.SpentNumbers + 1 };
        if ((result.Status ?? payment.Status) is { } status)
        {
            next = next with { Last = next.Last.Newer(status) };
        }

        if (transaction.Outcome == TransactionOutcome.Approved && PaymentDirection.CountsInBatch(transaction.Kind))
        {
            next = next with { Batch = next.Batch.With(transaction.Amount.Currency, PaymentDirection.Signed(transaction)) };
        }

        JournalEntry entry = new() { Transaction = transaction };
        await store.CommitAsync("transaction", next, new JournalWrite { Bodies = [.. new[] { entry, gap, blocked.Find(transaction) }.OfType<JournalEntry>()] }, cancellationToken);
        blocked.Stored(transaction);
        _inFlight = null;
        fates.Decided(new PaymentFate(transaction, result.Repeated));
        return transaction;
    }

    /// <summary>Tells of a payment whose outcome is written.</summary>
    public void TellEnded(Transaction transaction) =>
        CaptureLog.Transaction(logger, transaction.TransactionId, transaction.Outcome, transaction.ResultCode, transaction.Evidence);

    /// <summary>The outcome is lost: reported at once, to be resolved by asking the terminal.</summary>
    public async Task<OpenPayment> LoseAsync(OpenPayment payment, string what, CancellationToken cancellationToken)
    {
        var lost = payment with { Stage = PaymentStage.Unknown, Evidence = what };
        await WriteUnknownAsync("unknown", lost, cancellationToken);
        _inFlight = null;
        return lost;
    }

    /// <summary>The terminal was asked and cannot tell. The payment stays open and is tried again with the next totals.</summary>
    public async Task<OpenPayment> LeaveUndecidedAsync(OpenPayment payment, string what, CancellationToken cancellationToken)
    {
        var undecided = payment with { Stage = PaymentStage.Undecided, Evidence = what };
        if (undecided != payment)
        {
            await WriteUnknownAsync("undecided", undecided, cancellationToken);
        }

        return undecided;
    }

    /// <summary>Notes what the terminal has done last, where that was learnt outside a payment.</summary>
    public async Task NoteLastAsync(LastKnown last, CancellationToken cancellationToken)
    {
        if (last != Snapshot.Last)
        {
            await store.CommitAsync("last", Snapshot with { Last = last }, new JournalWrite(), cancellationToken);
        }
    }

    private async Task WriteUnknownAsync(string step, OpenPayment payment, CancellationToken cancellationToken)
    {
        var result = new PaymentResult(TransactionOutcome.Unknown, payment.Status?.ResultCode ?? 0, Transaction.Types.Evidence.Unspecified, payment.Evidence);
        var entry = new JournalEntry { Transaction = TransactionEntries.Of(payment, result) };
        await store.CommitAsync(step, Snapshot.With(payment), JournalWrite.Of(entry), cancellationToken);
        CaptureLog.Unknown(logger, payment.TransactionId, payment.Evidence);
    }

    private long UnixMicros() => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
