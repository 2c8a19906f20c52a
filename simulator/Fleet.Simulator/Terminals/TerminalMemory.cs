using System.Collections.Immutable;
using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Why a terminal refuses to work; the value is the status code of 05 01 and the reason of 06 1E (reference 13.2, 16.2).</summary>
public enum TerminalLock : byte
{
    /// <summary>Works.</summary>
    None = 0x00,

    /// <summary>Initialisation required; 06 93 removes it.</summary>
    InitialisationRequired = 0x51,

    /// <summary>Date or time wrong; 06 91 and 06 70 remove it.</summary>
    ClockWrong = 0x62,

    /// <summary>Memory full; 06 50 removes it. Only payments are refused.</summary>
    MemoryFull = 0xB1,

    /// <summary>Merchant journal full; 08 12 removes it. Only payments are refused.</summary>
    JournalFull = 0xB2,

    /// <summary>Diagnosis required; 06 70 removes it.</summary>
    DiagnosisRequired = 0xC2,

    /// <summary>Card profile invalid; a software update (08 10) removes it.</summary>
    ProfileInvalid = 0xC4,

    /// <summary>Out of order; a technician removes it.</summary>
    OutOfOrder = 0xDF,

    /// <summary>The card reader does not answer; a technician removes it.</summary>
    ReaderDefective = 0xE2,

    /// <summary>Activation required; a technician removes it.</summary>
    ActivationRequired = 0xE4,

    /// <summary>End-of-day required; 06 50 removes it. Only payments are refused.</summary>
    EndOfDayRequired = 0xF0,

    /// <summary>OPT data missing; 08 20 removes it.</summary>
    OptDataMissing = 0xF6,
}

/// <summary>A booked record of the open batch.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Amount">Minor units, positive.</param>
/// <param name="TraceNumber">Number of this booking, shared with the acquirer.</param>
/// <param name="ReceiptNumber">Receipt, 1 to 9999.</param>
/// <param name="TurnoverNumber">Turnover record, 1 to 999999.</param>
/// <param name="LocalTime">The terminal's clock when it was approved.</param>
/// <param name="CardIndex">Which card of <see cref="CardTable"/>.</param>
/// <param name="ApprovalCode">As the acquirer gave it.</param>
/// <param name="OriginalTraceNumber">The sale that a reversal took back or a tip belongs to, or the reservation that was booked or given back.</param>
public sealed record TerminalRecord(
    BookingKind Kind,
    long Amount,
    int TraceNumber,
    int ReceiptNumber,
    int TurnoverNumber,
    DateTimeOffset LocalTime,
    int CardIndex,
    string ApprovalCode,
    int? OriginalTraceNumber = null);

/// <summary>An end-of-day that closed a batch.</summary>
/// <param name="TraceNumber">Its trace number.</param>
/// <param name="Totals">Count and sum of the batch.</param>
/// <param name="HostTotals">What the acquirer counted.</param>
/// <param name="Records">The records it closed.</param>
public sealed record ClosedTerminalBatch(int TraceNumber, Counter Totals, Counter HostTotals, ImmutableList<TerminalRecord> Records);

/// <summary>
/// Everything that a terminal keeps without power. Immutable; <see cref="TerminalStore"/> makes each successor durable before anyone acts on it.
/// Numbers keep counting over end-of-day and power cycles.
/// </summary>
public sealed record TerminalMemory
{
    /// <summary>Terminal id at the acquirer, 8 digits; 00000000 after it was erased.</summary>
    public required string Tid { get; init; }

    /// <summary>Serial number of the device, digits.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Trace number used last.</summary>
    public int TraceNumber { get; init; }

    /// <summary>Receipt number used last.</summary>
    public int ReceiptNumber { get; init; }

    /// <summary>Turnover record number used last.</summary>
    public int TurnoverNumber { get; init; }

    /// <summary>ISO 4217 numeric.</summary>
    public int Currency { get; init; } = 978;

    /// <summary>Why it refuses to work.</summary>
    public TerminalLock Lock { get; init; }

    /// <summary>The paper roll is empty.</summary>
    public bool PaperOut { get; init; }

    /// <summary>Charge in percent.</summary>
    public int Battery { get; init; } = 100;

    /// <summary>The housing was opened: never works again until repaired.</summary>
    public bool Tampered { get; init; }

    /// <summary>Difference of the terminal's clock to the true one.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>Seconds that the clock gains in a day; negative when it loses.</summary>
    public int ClockDrift { get; init; }

    /// <summary>True time from which the clock drifts.</summary>
    public DateTimeOffset ClockSetAt { get; init; }

    /// <summary>Six digits that 06 95 set.</summary>
    public string Password { get; init; } = "000000";

    /// <summary>Bytes of the vendor's configuration (08 13), in hexadecimal.</summary>
    public string VendorConfiguration { get; init; } = string.Empty;

    /// <summary>Money held on cards, not booked yet.</summary>
    public ImmutableList<TerminalRecord> Reservations { get; init; } = [];

    /// <summary>What the till asked for in its last registration; kept without power, as terminals in the field do.</summary>
    public PtRegistration Till { get; init; } = PtRegistration.AfterLogOff;

    /// <summary>The display speaks Chinese.</summary>
    public DisplayLanguage Language { get; init; }

    /// <summary>Final records of the open batch.</summary>
    public ImmutableList<TerminalRecord> Batch { get; init; } = [];

    /// <summary>Approved, but the till has not confirmed it: becomes final or is taken back.</summary>
    public TerminalRecord? Provisional { get; init; }

    /// <summary>Trace number with which the acquirer was asked, as long as no answer is stored.</summary>
    public int? AskedTraceNumber { get; init; }

    /// <summary>Bookings that the acquirer must take back as soon as it can be reached.</summary>
    public ImmutableList<int> OwedVoids { get; init; } = [];

    /// <summary>The record that became final last; survives end-of-day. What 06 20 repeats.</summary>
    public TerminalRecord? LastBooked { get; init; }

    /// <summary>Trace number of an end-of-day that the acquirer may have closed without our knowing.</summary>
    public int? OpenSettlement { get; init; }

    /// <summary>The last end-of-day.</summary>
    public ClosedTerminalBatch? LastSettlement { get; init; }

    /// <summary>Totals of the open batch.</summary>
    public Counter Totals => Counter.Of(Batch, static r => r.Kind, static r => r.Amount);

    /// <summary>The record is final: it joins the batch or the reservations, and a reservation that it uses up is gone.</summary>
    public TerminalMemory Booked(TerminalRecord record)
    {
        var left = Reservations.RemoveAll(r => r.TraceNumber == record.OriginalTraceNumber);
        return this with
        {
            Batch = record.Kind is BookingKind.Reservation or BookingKind.Release ? Batch : Batch.Add(record),
            Reservations = record.Kind == BookingKind.Reservation ? left.Add(record) : left,
            LastBooked = record,
            Provisional = null,
            AskedTraceNumber = null,
        };
    }

    /// <summary>The true time as this terminal's clock shows it.</summary>
    public DateTimeOffset LocalTime(DateTimeOffset now) =>
        now + ClockOffset + (ClockDrift == 0 ? TimeSpan.Zero : (now - ClockSetAt) * (ClockDrift / 86_400.0));

    /// <summary>What an interrupted dialogue leaves is taken back: the automatic reversal after a power cut.</summary>
    public TerminalMemory Recovered()
    {
        var owed = new[] { Provisional?.TraceNumber, AskedTraceNumber }.OfType<int>().Distinct();
        return this with { Provisional = null, AskedTraceNumber = null, OwedVoids = OwedVoids.AddRange(owed) };
    }
}
