using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>
/// A till that pays over ZVT/TCP. A payment whose outcome is lost is never sent again: the till reconnects, asks for the last receipt
/// (06 20) and compares it with the one it knew before (reference 15.2). Not thread-safe: one payment after the other.
/// </summary>
public sealed class SimulatedTill : IAsyncDisposable
{
    private readonly TillOptions _options;
    private readonly Random _random;
    private readonly TillLine _line;
    private LastReceipt? _known;

    /// <param name="options">How it works.</param>
    public SimulatedTill(TillOptions options)
    {
        _options = options;
        _line = new TillLine(options);
        _random = new Random(options.Seed);
        Books = new TillBooks(options.BooksFile);
        _known = Books.Payments.LastOrDefault(static p => p is { Outcome: TillOutcome.Approved, TraceNumber: not null, ReceiptNumber: not null }) is { } last
            ? new LastReceipt(last.TraceNumber!.Value, last.ReceiptNumber!.Value)
            : null;
    }

    /// <summary>What it believes.</summary>
    public TillBooks Books { get; }

    /// <summary>Makes payments until the count is reached or <paramref name="stop"/>; a payment under way is finished first.</summary>
    /// <param name="stop">No further payment.</param>
    /// <param name="cancellationToken">Gives up at once; the payment under way stays unknown.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        try
        {
            for (var made = 0; !stop.IsCancellationRequested && (_options.Count is not { } count || made < count); made++)
            {
                await NextPaymentAsync(either.Token, cancellationToken);
                await Task.Delay(_options.Pace, _options.Time, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Asked to stop while it was idle or could not connect.
        }
    }

    /// <summary>A sale. Waits until the agent can be reached, unless <paramref name="stop"/> comes first.</summary>
    public Task<TillPayment> SellAsync(long amount, CancellationToken stop, CancellationToken cancellationToken) =>
        SellAsync(amount, tipAllowed: false, stop, cancellationToken);

    /// <summary>A sale to which the customer may add a tip at the terminal, whose amount wins.</summary>
    public Task<TillPayment> SellAsync(long amount, bool tipAllowed, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(
            BookingKind.Sale,
            amount,
            new Authorisation { Amount = amount, Currency = IsoCurrency.Euro.Numeric, PaymentType = tipAllowed ? (byte)0x48 : (byte)0x40 },
            stop,
            cancellationToken);

    /// <summary>A refund.</summary>
    public Task<TillPayment> RefundAsync(long amount, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Refund, amount, new Refund { Amount = amount, Currency = IsoCurrency.Euro.Numeric }, stop, cancellationToken);

    /// <summary>Takes a sale of the open batch back.</summary>
    public Task<TillPayment> ReverseAsync(TillPayment sale, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Reversal, sale.Amount, new Reversal { ReceiptNumber = sale.ReceiptNumber }, stop, cancellationToken);

    /// <summary>A tip on a sale: a payment of its own.</summary>
    public Task<TillPayment> TipAsync(TillPayment sale, long amount, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Sale, amount, new BookTip { Amount = amount, ReceiptNumber = sale.ReceiptNumber }, stop, cancellationToken);

    /// <summary>Holds money on a card.</summary>
    public Task<TillPayment> HoldAsync(long amount, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Reservation, amount, new PreAuthorisation { Amount = amount, Currency = IsoCurrency.Euro.Numeric }, stop, cancellationToken);

    /// <summary>Books held money; what is left of it is free again.</summary>
    public Task<TillPayment> BookAsync(TillPayment held, long amount, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Sale, amount, new BookTotal { Amount = amount, ReceiptNumber = held.ReceiptNumber }, stop, cancellationToken);

    /// <summary>Gives held money back.</summary>
    public Task<TillPayment> ReleaseAsync(TillPayment held, CancellationToken stop, CancellationToken cancellationToken) =>
        PayAsync(BookingKind.Release, held.Amount, new ReversePreAuthorisation { ReceiptNumber = held.ReceiptNumber }, stop, cancellationToken);

    /// <summary>End-of-day: the sum that the terminal reports, or why there is none.</summary>
    public async Task<(long? Sum, string? Reason)> EndOfDayAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        var connection = await _line.ConnectAsync(LearnAsync, stop, cancellationToken);
        var result = await connection.Dialogue.RunAsync(new EndOfDay().ToApdu(), cancellationToken);
        if (result.End is DialogueEnd.NotSent or DialogueEnd.Lost)
        {
            await _line.DropAsync();
        }

        Tell("endOfDay", new { till = _options.Name, result.End, sum = result.Status?.Amount, code = $"{result.Code:X2}" });
        return result.End == DialogueEnd.Completed
            ? (result.Status?.Amount ?? 0, null)
            : (null, $"end of day {result.End}, code {result.Code:X2}".ToLowerInvariant());
    }

    /// <summary>Asks about every payment whose outcome is unknown; true when none is left.</summary>
    public async Task<bool> ResolveAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        foreach (var open in Books.Payments.Where(static p => p.Outcome == TillOutcome.Unknown))
        {
            await _line.ConnectAsync(LearnAsync, stop, cancellationToken);
            if (await AskOnceAsync(open, cancellationToken) is { } answered)
            {
                Settle(answered);
            }
        }

        return Books.Count(TillOutcome.Unknown) == 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _line.DropAsync();
        Books.Dispose();
    }

    private async Task NextPaymentAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        var amount = _random.NextInt64(_options.From, _options.Through + 1);
        var dice = _random.NextDouble();
        if (dice < _options.RefundShare)
        {
            await RefundAsync(amount, stop, cancellationToken);
            return;
        }

        var sale = await SellAsync(amount, stop, cancellationToken);
        if (sale is { Outcome: TillOutcome.Approved, ReceiptNumber: not null } && dice < _options.RefundShare + _options.ReversalShare)
        {
            await ReverseAsync(sale, stop, cancellationToken);
        }
    }

    private async Task<TillPayment> PayAsync(
        BookingKind kind, long amount, ZvtMessage command, CancellationToken stop, CancellationToken cancellationToken)
    {
        var payment = new TillPayment(Books.NextNumber, kind, amount, amount, TillOutcome.Unknown, "asked");
        DialogueResult result;
        do
        {
            var connection = await _line.ConnectAsync(LearnAsync, stop, cancellationToken);
            Books.Write(payment);
            result = await connection.Dialogue.RunAsync(command.ToApdu(), cancellationToken);
            if (result.End is DialogueEnd.NotSent or DialogueEnd.Lost)
            {
                await _line.DropAsync();
            }
        }
        while (result.End == DialogueEnd.NotSent);

        return result.End == DialogueEnd.Lost
            ? await RecoverAsync(payment, stop, cancellationToken)
            : Settle(Judge(payment, result));
    }

    private static TillPayment Judge(TillPayment payment, DialogueResult result)
    {
        var status = result.Status;
        var told = payment with { TraceNumber = (int?)status?.TraceNumber, ReceiptNumber = status?.ReceiptNumber };
        return result.End switch
        {
            DialogueEnd.Completed => told with
            {
                Outcome = TillOutcome.Approved,
                Amount = status?.Amount ?? payment.Requested,
                Reason = "completed",
                ResultCode = 0,
            },
            DialogueEnd.Aborted => told with { Outcome = TillOutcome.Declined, Reason = $"06 1E {result.Code:X2}", ResultCode = result.Code },
            DialogueEnd.Refused => told with { Outcome = TillOutcome.Declined, Reason = $"84 {result.Code:X2}", ResultCode = result.Code },
            _ => throw new InvalidOperationException($"{result.End}"),
        };
    }

    private TillPayment Settle(TillPayment payment)
    {
        Books.Write(payment);
        if (payment is { Outcome: TillOutcome.Approved, TraceNumber: { } trace, ReceiptNumber: { } receipt })
        {
            _known = new LastReceipt(trace, receipt);
        }

        Tell("payment", new
        {
            till = _options.Name,
            payment.Number,
            payment.Kind,
            payment.Outcome,
            payment.Amount,
            payment.TraceNumber,
            payment.ReceiptNumber,
            payment.Reason,
        });
        return payment;
    }

    private async Task<TillPayment> RecoverAsync(TillPayment payment, CancellationToken stop, CancellationToken cancellationToken)
    {
        Settle(payment with { Reason = "the answer was lost" });
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _line.ConnectAsync(LearnAsync, stop, cancellationToken);
                if (await AskOnceAsync(payment, cancellationToken) is { } answered)
                {
                    return Settle(answered);
                }

                await Task.Delay(_options.RetryPause, _options.Time, stop);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Stopped before the terminal could be asked: the payment stays unknown.
        }

        return Books.Payments.First(p => p.Number == payment.Number);
    }

    /// <summary>One question after the last receipt; null when the terminal cannot say yet.</summary>
    private async Task<TillPayment?> AskOnceAsync(TillPayment payment, CancellationToken cancellationToken)
    {
        var result = await _line.RepeatReceiptAsync(cancellationToken);
        if (result.End is DialogueEnd.Lost or DialogueEnd.NotSent)
        {
            await _line.DropAsync();
            return null;
        }

        return result switch
        {
            { End: DialogueEnd.Completed, Status: { TraceNumber: { } trace, ReceiptNumber: { } receipt } status } =>
                Compare(payment, status, new LastReceipt((int)trace, receipt)),
            { End: DialogueEnd.Aborted, Code: NoReceipt } when _known is null =>
                payment with { Outcome = TillOutcome.Declined, Reason = "the terminal has no receipt at all" },
            _ => null,
        };
    }

    private TillPayment? Compare(TillPayment payment, StatusInformation status, LastReceipt last)
    {
        if (last == _known)
        {
            return payment with { Outcome = TillOutcome.Declined, Reason = "not booked: the last receipt is the one before" };
        }

        var reversal = status.OriginalTraceNumber is not null;
        return status.Amount == payment.Requested && reversal == (payment.Kind is BookingKind.Reversal or BookingKind.Release)
            ? payment with
            {
                Outcome = TillOutcome.Approved,
                Amount = payment.Requested,
                Reason = "booked: found by its receipt",
                TraceNumber = last.TraceNumber,
                ReceiptNumber = last.ReceiptNumber,
            }
            : null;
    }

    /// <summary>Learns the last receipt where none is known: without it a lost first payment could not be judged.</summary>
    private async Task<bool> LearnAsync(CancellationToken cancellationToken)
    {
        if (_known is not null || Books.Count(TillOutcome.Unknown) > 0)
        {
            return true;
        }

        var last = await _line.RepeatReceiptAsync(cancellationToken);
        _known = last.Status is { TraceNumber: { } trace, ReceiptNumber: { } receipt } ? new LastReceipt((int)trace, receipt) : null;
        return last.End is not (DialogueEnd.Lost or DialogueEnd.NotSent);
    }

    private void Tell(string name, object fields) => _options.Observer(new SimulatorEvent(_options.Time.GetUtcNow(), name, fields));

    private const byte NoReceipt = 0x64;

    private sealed record LastReceipt(int TraceNumber, int ReceiptNumber);
}
