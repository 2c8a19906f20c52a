using Fleet.Simulator.Books;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Tills;

/// <summary>What the till believes about a payment.</summary>
public enum TillOutcome
{
    /// <summary>Paid: goods go out.</summary>
    Approved,

    /// <summary>Not paid, and the till knows it.</summary>
    Declined,

    /// <summary>The till does not know, and knows that it does not know.</summary>
    Unknown,
}

/// <summary>One payment as the till sees it.</summary>
/// <param name="Number">The till's own number, from 1.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Requested">Amount it asked for, minor units.</param>
/// <param name="Amount">Amount the terminal named; the requested one until then.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="TraceNumber">As the terminal said, or null.</param>
/// <param name="ReceiptNumber">As the terminal said, or null.</param>
/// <param name="ResultCode">Result code, or null where none was heard.</param>
public sealed record TillPayment(
    int Number,
    BookingKind Kind,
    long Requested,
    long Amount,
    TillOutcome Outcome,
    string Reason,
    int? TraceNumber = null,
    int? ReceiptNumber = null,
    byte? ResultCode = null);

/// <summary>What the till believes, in memory and, where a file is given, on disk. The last word on a number wins. Thread-safe.</summary>
public sealed class TillBooks : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, TillPayment> _payments = [];
    private readonly LineLog? _log;

    /// <param name="path">File of the books, or null.</param>
    public TillBooks(string? path) => _log = path is null ? null : LineLog.Open<TillPayment>(path, p => _payments[p.Number] = p);

    /// <summary>All payments in order.</summary>
    public IReadOnlyList<TillPayment> Payments
    {
        get
        {
            lock (_lock)
            {
                return [.. _payments.Values];
            }
        }
    }

    /// <summary>Count and sum of what is paid.</summary>
    public Counter Approved => Counter.Of(Payments.Where(static p => p.Outcome == TillOutcome.Approved), static p => p.Kind, static p => p.Amount);

    /// <summary>Payments with this outcome.</summary>
    public int Count(TillOutcome outcome) => Payments.Count(p => p.Outcome == outcome);

    /// <summary>Number for the next payment.</summary>
    public int NextNumber
    {
        get
        {
            lock (_lock)
            {
                return _payments.Count == 0 ? 1 : _payments.Keys.Last() + 1;
            }
        }
    }

    /// <summary>Writes what is believed about a payment now.</summary>
    public void Write(TillPayment payment)
    {
        lock (_lock)
        {
            _log?.Append(payment);
            _payments[payment.Number] = payment;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _log?.Dispose();
}
