using Fleet.Simulator.Books;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Host;

/// <summary>A booking at the acquirer.</summary>
public sealed record HostBooking(
    string Tid, BookingKind Kind, long Amount, int TraceNumber, int ReceiptNumber, int? OriginalTraceNumber, string ApprovalCode);

/// <summary>A batch that an end-of-day closed.</summary>
/// <param name="Tid">Terminal id.</param>
/// <param name="Batch">Number of the batch, from 1.</param>
/// <param name="TraceNumber">Trace number of the end-of-day.</param>
/// <param name="Host">What the host counted.</param>
/// <param name="Terminal">What the terminal said.</param>
public sealed record ClosedBatch(string Tid, int Batch, int TraceNumber, Counter Host, Counter Terminal)
{
    /// <summary>Both agree.</summary>
    public bool Balanced => Host == Terminal;
}

/// <summary>The acquirer's books per terminal and batch, on disk before any answer leaves. Guarded by the owner's lock.</summary>
internal sealed class HostBooks : IDisposable
{
    private readonly Dictionary<string, Ledger> _ledgers = new(StringComparer.Ordinal);
    private readonly LineLog? _log;

    /// <param name="path">File of the books, or null to keep them in memory only.</param>
    public HostBooks(string? path) => _log = path is null ? null : LineLog.Open<Entry>(path, Apply);

    public IEnumerable<string> Tids => _ledgers.Keys.Order(StringComparer.Ordinal);

    public HostBooking? Find(string tid, int traceNumber) => Of(tid).Open.GetValueOrDefault(traceNumber);

    public IReadOnlyCollection<HostBooking> Open(string tid) => Of(tid).Open.Values;

    public Counter OpenTotals(string tid) => Counter.Of(Open(tid), static b => b.Kind, static b => b.Amount);

    public IReadOnlyList<ClosedBatch> Closed(string tid) => Of(tid).Closed;

    public void Book(HostBooking booking) => Write(new Entry(EntryKind.Book, booking.Tid, Booking: booking));

    public void Void(string tid, int traceNumber) => Write(new Entry(EntryKind.Void, tid, TraceNumber: traceNumber));

    public ClosedBatch Close(SettlementRequest request)
    {
        var closed = new ClosedBatch(request.Tid, Of(request.Tid).Closed.Count + 1, request.TraceNumber, OpenTotals(request.Tid), request.Terminal);
        Write(new Entry(EntryKind.Close, request.Tid, Closed: closed));
        return closed;
    }

    public void Dispose() => _log?.Dispose();

    private void Write(Entry entry)
    {
        _log?.Append(entry);
        Apply(entry);
    }

    private void Apply(Entry entry)
    {
        var ledger = Of(entry.Tid);
        switch (entry.Op)
        {
            case EntryKind.Book:
                ledger.Book(entry.Booking!);
                break;
            case EntryKind.Void:
                ledger.Void(entry.TraceNumber!.Value);
                break;
            case EntryKind.Close:
                ledger.Close(entry.Closed!);
                break;
            default:
                throw new InvalidDataException($"unknown entry {entry.Op}");
        }
    }

    private Ledger Of(string tid)
    {
        if (!_ledgers.TryGetValue(tid, out var ledger))
        {
            _ledgers[tid] = ledger = new Ledger();
        }

        return ledger;
    }

    private enum EntryKind
    {
        Book,
        Void,
        Close,
    }

    private sealed record Entry(
        EntryKind Op, string Tid, HostBooking? Booking = null, int? TraceNumber = null, ClosedBatch? Closed = null);

    private sealed class Ledger
    {
        // Reservations that a booking used up, by the trace number of that booking: taken back, the reservation stands again.
        private readonly Dictionary<int, HostBooking> _used = [];

        public SortedDictionary<int, HostBooking> Open { get; } = [];

        public List<ClosedBatch> Closed { get; } = [];

        public void Book(HostBooking booking)
        {
            if (booking.Kind is BookingKind.Sale or BookingKind.Release
                && booking.OriginalTraceNumber is { } trace
                && Open.GetValueOrDefault(trace) is { Kind: BookingKind.Reservation } reservation)
            {
                Open.Remove(trace);
                _used[booking.TraceNumber] = reservation;
            }

            Open[booking.TraceNumber] = booking;
        }

        public void Void(int traceNumber)
        {
            Open.Remove(traceNumber);
            if (_used.Remove(traceNumber, out var reservation))
            {
                Open[reservation.TraceNumber] = reservation;
            }
        }

        /// <summary>Held money stays held: it belongs to no batch.</summary>
        public void Close(ClosedBatch closed)
        {
            Closed.Add(closed);
            _used.Clear();
            foreach (var booked in Open.Values.Where(static b => b.Kind != BookingKind.Reservation).ToList())
            {
                Open.Remove(booked.TraceNumber);
            }
        }
    }
}
