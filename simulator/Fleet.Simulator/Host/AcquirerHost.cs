using Fleet.Simulator.Books;

namespace Fleet.Simulator.Host;

/// <summary>
/// The acquirer: answers payments by its rules, keeps books of its own per terminal and batch, closes batches. Serves any number of
/// terminals; thread-safe.
/// </summary>
public sealed class AcquirerHost : IAcquirerHost, IDisposable
{
    private readonly Lock _lock = new();
    private readonly HostBooks _books;
    private readonly TimeProvider _time;
    private HostRules _rules;

    /// <param name="booksFile">File of the books, or null to keep them in memory only.</param>
    /// <param name="rules">Behaviour at the start.</param>
    /// <param name="time">Clock for the delay.</param>
    public AcquirerHost(string? booksFile, HostRules rules, TimeProvider time)
    {
        _books = new HostBooks(booksFile);
        _rules = rules;
        _time = time;
    }

    /// <summary>Behaviour of the moment.</summary>
    public HostRules Rules
    {
        get
        {
            lock (_lock)
            {
                return _rules;
            }
        }
    }

    /// <summary>Terminals that ever booked, in order.</summary>
    public IReadOnlyList<string> Tids
    {
        get
        {
            lock (_lock)
            {
                return [.. _books.Tids];
            }
        }
    }

    /// <summary>Changes the behaviour.</summary>
    public void Change(Func<HostRules, HostRules> change)
    {
        lock (_lock)
        {
            _rules = change(_rules);
        }
    }

    /// <summary>Count and sum of the open batch.</summary>
    public Counter OpenTotals(string tid)
    {
        lock (_lock)
        {
            return _books.OpenTotals(tid);
        }
    }

    /// <summary>Bookings of the open batch, by trace number.</summary>
    public IReadOnlyList<HostBooking> OpenBookings(string tid)
    {
        lock (_lock)
        {
            return [.. _books.Open(tid)];
        }
    }

    /// <summary>Batches closed so far, oldest first.</summary>
    public IReadOnlyList<ClosedBatch> ClosedBatches(string tid)
    {
        lock (_lock)
        {
            return [.. _books.Closed(tid)];
        }
    }

    /// <summary>The batch that the end-of-day with this trace number closed, or null.</summary>
    public ClosedBatch? ClosedBatch(string tid, int traceNumber)
    {
        lock (_lock)
        {
            return _books.Closed(tid).LastOrDefault(b => b.TraceNumber == traceNumber);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<HostAnswer> AuthoriseAsync(HostRequest request, CancellationToken cancellationToken)
    {
        if (!await AnswersAsync(HostOutage.Payments, cancellationToken))
        {
            return HostAnswer.Unreachable;
        }

        lock (_lock)
        {
            var answer = AnswerLocked(request);
            return _rules.Outage == HostOutage.Answers ? HostAnswer.Unreachable : answer;
        }
    }

    private HostAnswer AnswerLocked(HostRequest request)
    {
        if (_books.Find(request.Tid, request.TraceNumber) is { } known)
        {
            return known.Kind == request.Kind && known.Amount == request.Amount
                ? new HostAnswer(HostOutcome.Approved, 0, known.ApprovalCode)
                : new HostAnswer(HostOutcome.Declined, DuplicateTransmission, string.Empty);
        }

        return DecideLocked(request);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VoidAsync(string tid, int traceNumber, CancellationToken cancellationToken)
    {
        if (!await AnswersAsync(HostOutage.Reversals, cancellationToken))
        {
            return false;
        }

        lock (_lock)
        {
            if (_books.Find(tid, traceNumber) is not null)
            {
                _books.Void(tid, traceNumber);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SettlementAnswer> SettleAsync(SettlementRequest request, CancellationToken cancellationToken)
    {
        if (!await AnswersAsync(HostOutage.Settlements, cancellationToken))
        {
            return SettlementAnswer.Unreachable;
        }

        lock (_lock)
        {
            var known = _books.Closed(request.Tid) is [.., var last] ? last : null;
            var closed = known?.TraceNumber == request.TraceNumber ? known : _books.Close(request);
            return new SettlementAnswer(closed.Balanced ? SettlementOutcome.Balanced : SettlementOutcome.Unbalanced, closed.Host);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ContactAsync(string tid, CancellationToken cancellationToken) => AnswersAsync(HostOutage.None, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _books.Dispose();

    /// <summary>ISO 8583 response 94.</summary>
    private const byte DuplicateTransmission = 94;

    /// <summary>ISO 8583 response 12.</summary>
    private const byte InvalidTransaction = 12;

    private async ValueTask<bool> AnswersAsync(HostOutage asked, CancellationToken cancellationToken)
    {
        var rules = Rules;
        if (rules.Delay > TimeSpan.Zero)
        {
            await Task.Delay(rules.Delay, _time, cancellationToken);
        }

        rules = Rules;
        return !rules.Down && (asked == HostOutage.None || rules.Outage != asked);
    }

    private HostAnswer DecideLocked(HostRequest request)
    {
        byte code = request.Kind switch
        {
            BookingKind.Sale when request.OriginalTraceNumber is { } original => JudgeFollowUpLocked(request, original),
            BookingKind.Sale when request.VoiceApproval is not null => 0,
            BookingKind.Sale or BookingKind.Reservation => _rules.Judge(request),
            BookingKind.Refund => 0,
            BookingKind.Reversal => JudgeReversalLocked(request),
            BookingKind.Release => ReservationLocked(request) is null ? InvalidTransaction : (byte)0,
            _ => throw new ArgumentOutOfRangeException(nameof(request)),
        };
        if (code != 0)
        {
            _rules = _rules with { DeclineNext = Math.Max(0, _rules.DeclineNext - 1) };
            return new HostAnswer(HostOutcome.Declined, code, string.Empty);
        }

        var approval = request.VoiceApproval ?? $"{((long)request.TraceNumber * 7919 + request.Amount * 31) % 1_000_000:000000}";
        _books.Book(new HostBooking(
            request.Tid, request.Kind, request.Amount, request.TraceNumber, request.ReceiptNumber, request.OriginalTraceNumber, approval));
        return new HostAnswer(HostOutcome.Approved, 0, approval);
    }

    private HostBooking? ReservationLocked(HostRequest request) =>
        request.OriginalTraceNumber is { } trace && _books.Find(request.Tid, trace) is { Kind: BookingKind.Reservation } reservation ? reservation : null;

    /// <summary>A tip follows a sale of the open batch; a booking follows a reservation and is not larger than it.</summary>
    private byte JudgeFollowUpLocked(HostRequest request, int original) => _books.Find(request.Tid, original) switch
    {
        { Kind: BookingKind.Sale } => 0,
        { Kind: BookingKind.Reservation } held when request.Amount <= held.Amount => 0,
        _ => InvalidTransaction,
    };

    private byte JudgeReversalLocked(HostRequest request)
    {
        var original = request.OriginalTraceNumber is { } trace ? _books.Find(request.Tid, trace) : null;
        var taken = _books.Open(request.Tid).Any(b => b.Kind == BookingKind.Reversal && b.OriginalTraceNumber == request.OriginalTraceNumber);
        return original is { Kind: BookingKind.Sale } && original.Amount == request.Amount && !taken ? (byte)0 : InvalidTransaction;
    }
}
