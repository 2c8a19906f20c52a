using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Journal;
using Google.Protobuf;

namespace Fleet.Server.Storage.Tests.World;

/// <summary>An agent's journal as a test writes it: real entries, real chain, nothing on a disk.</summary>
public sealed class ScriptedJournal
{
    private readonly List<ChainedEntry> _entries = [];
    private uint _trace;

    public ScriptedJournal(string terminal, Guid? epoch = null)
    {
        Terminal = TerminalId.Parse(terminal);
        Epoch = (epoch ?? Guid.NewGuid()).ToByteArray(bigEndian: true);
    }

    public TerminalId Terminal { get; }

    public byte[] Epoch { get; }

    public string EpochText => new Guid(Epoch, bigEndian: true).ToString();

    public long Length => _entries.Count;

    public static string Tid => "52500001";

    public IReadOnlyList<ChainedEntry> Entries => _entries;

    /// <summary>Adds an entry; returns its sequence.</summary>
    public long Add(Action<JournalEntry> body)
    {
        var entry = new JournalEntry
        {
            Epoch = ByteString.CopyFrom(Epoch),
            Sequence = (ulong)_entries.Count + 1,
            Stamp = new Stamp { WallUnixMicros = 1_773_491_696_000_000 + _entries.Count, MonotonicMicros = _entries.Count, BootId = "boot" },
        };
        body(entry);
        var bytes = entry.ToByteString();
        _entries.Add(new ChainedEntry(bytes, entry, JournalChain.Next(HashAt(_entries.Count), bytes.Span)));
        return _entries.Count;
    }

    public long Start(EpochStarted.Types.Reason reason = EpochStarted.Types.Reason.FirstStart, ScriptedJournal? previous = null, ulong previousLast = 0) =>
        Add(e => e.EpochStarted = new EpochStarted
        {
            Reason = reason,
            PreviousEpoch = previous is null ? ByteString.Empty : ByteString.CopyFrom(previous.Epoch),
            PreviousLastSequence = previousLast,
            AgentVersion = "0.1.0",
        });

    public long Identity(string serial = "SN-1", string model = "Model 7") =>
        Add(e => e.Identity = new TerminalIdentity { Tid = Tid, SerialNumber = serial, Model = model, Software = "1.2" });

    public string Intent(long minor, PaymentKind kind = PaymentKind.Sale, string? id = null)
    {
        id ??= Guid.NewGuid().ToString();
        Add(e => e.Intent = new PaymentIntent { TransactionId = id, Kind = kind, Requested = Eur(minor) });
        return id;
    }

    public long Outcome(string id, long minor, TransactionOutcome outcome = TransactionOutcome.Approved, PaymentKind kind = PaymentKind.Sale, string currency = "EUR") =>
        Add(e => e.Transaction = new Transaction
        {
            TransactionId = id,
            Kind = kind,
            Outcome = outcome,
            Amount = new Money { MinorUnits = minor, Currency = currency },
            Requested = new Money { MinorUnits = minor, Currency = currency },
            TraceNumber = ++_trace,
            ReceiptNumber = _trace,
            Tid = Tid,
            CardName = "girocard",
            CardType = 2,
            MaskedPan = "672581******1234",
            Evidence = Transaction.Types.Evidence.Dialogue,
            EvidenceText = "status information and completion",
        });

    /// <summary>Intent and outcome.</summary>
    public string Payment(long minor, TransactionOutcome outcome = TransactionOutcome.Approved, PaymentKind kind = PaymentKind.Sale)
    {
        var id = Intent(minor, kind);
        Outcome(id, minor, outcome, kind);
        return id;
    }

    /// <summary>An end-of-day over everything after <paramref name="after"/>.</summary>
    public string Settle(uint count, long minor, long after = 0, string command = "", uint trace = 900, long? journalMinor = null, uint? journalCount = null, string? id = null)
    {
        id ??= Guid.NewGuid().ToString();
        var through = (ulong)_entries.Count;
        Add(e => e.Settlement = new Contracts.Link.V1.Settlement
        {
            SettlementId = id,
            CommandId = command,
            Terminal = new Counter { Count = count, Sum = Eur(minor) },
            Journal = new Counter { Count = journalCount ?? count, Sum = Eur(journalMinor ?? minor) },
            Brands = { new BrandTotal { Brand = "girocard", Count = count, MinorUnits = minor } },
            TraceNumber = trace,
            Tid = Tid,
            AfterSequence = (ulong)after,
            ThroughSequence = through,
        });
        return id;
    }

    public long Command(string id, CommandStage stage, string reason = "", string settlement = "", EnforcementLevel enforcement = EnforcementLevel.Unspecified) =>
        Add(e => e.Command = new CommandEvent { CommandId = id, Stage = stage, Reason = reason, SettlementId = settlement, Enforcement = enforcement });

    public long Gate(GateChange.Types.State from, GateChange.Types.State to, string reason = "") =>
        Add(e => e.Gate = new GateChange { From = from, To = to, Reason = reason });

    /// <summary>Entries <paramref name="first"/> to <paramref name="last"/> as a run.</summary>
    public JournalRun Run(long first, long last) =>
        new(Terminal, Epoch, first, HashAt((int)first - 1), _entries[((int)first - 1)..(int)last]);

    /// <summary>Everything from a sequence on.</summary>
    public JournalRun From(long first) => Run(first, Length);

    /// <summary>The same as it crosses the link.</summary>
    public UplinkBatch Batch(long first, long last) => new()
    {
        Epoch = ByteString.CopyFrom(Epoch),
        FirstSequence = (ulong)first,
        PreviousHash = ByteString.CopyFrom(HashAt((int)first - 1)),
        Entries = { _entries[((int)first - 1)..(int)last].Select(static e => e.Bytes) },
        LastHash = ByteString.CopyFrom(HashAt((int)last)),
    };

    /// <summary>Chain hash after an entry; 0 = before the first.</summary>
    public byte[] HashAt(int sequence) => sequence == 0 ? JournalChain.Genesis.ToArray() : _entries[sequence - 1].ChainHash;

    public static Money Eur(long minor) => new() { MinorUnits = minor, Currency = "EUR" };
}
