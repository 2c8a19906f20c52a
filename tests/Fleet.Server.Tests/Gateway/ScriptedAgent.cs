using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Server.Tests.Gateway;

/// <summary>An agent's journal as a test writes it: real entries, real chain.</summary>
internal sealed class ScriptedAgent
{
    private readonly byte[] _epoch = Guid.NewGuid().ToByteArray(bigEndian: true);
    private readonly List<ByteString> _entries = [];
    private uint _trace;

    public ByteString Epoch => ByteString.CopyFrom(_epoch);

    public ScriptedAgent Start() => Add(static e => e.EpochStarted = new EpochStarted { Reason = EpochStarted.Types.Reason.FirstStart, AgentVersion = "0.1.0" })
        .Add(static e => e.Identity = new TerminalIdentity { Tid = "52500001", SerialNumber = "SN-1", Model = "Model 7", Software = "1.2" });

    public ScriptedAgent Sale(long cents)
    {
        var id = Guid.NewGuid().ToString();
        var money = new Money { MinorUnits = cents, Currency = "EUR" };
        Add(e => e.Intent = new PaymentIntent { TransactionId = id, Kind = PaymentKind.Sale, Requested = money });
        return Add(e => e.Transaction = new Transaction
        {
            TransactionId = id,
            Kind = PaymentKind.Sale,
            Outcome = TransactionOutcome.Approved,
            Amount = money,
            Requested = money,
            TraceNumber = ++_trace,
            ReceiptNumber = _trace,
            Tid = "52500001",
            CardName = "girocard",
            MaskedPan = "672581******1234",
            Evidence = Transaction.Types.Evidence.Dialogue,
        });
    }

    /// <summary>Everything from entry <paramref name="first"/> (1 is the first) on.</summary>
    public UplinkBatch Batch(int first = 1)
    {
        var hash = JournalChain.Genesis.ToArray();
        var batch = new UplinkBatch { Epoch = Epoch, FirstSequence = (ulong)first };
        for (var i = 0; i < _entries.Count; i++)
        {
            if (i == first - 1)
            {
                batch.PreviousHash = ByteString.CopyFrom(hash);
            }

            hash = JournalChain.Next(hash, _entries[i].Span);
        }

        batch.Entries.AddRange(_entries.Skip(first - 1));
        batch.LastHash = ByteString.CopyFrom(hash);
        return batch;
    }

    public AgentControl Hello() => new() { Hello = new Hello { AgentVersion = "0.1.0", Epoch = Epoch, LastSequence = (ulong)_entries.Count } };

    private ScriptedAgent Add(Action<JournalEntry> body)
    {
        var entry = new JournalEntry
        {
            Epoch = Epoch,
            Sequence = (ulong)_entries.Count + 1,
            Stamp = new Stamp { WallUnixMicros = 1_773_491_696_000_000 + _entries.Count, MonotonicMicros = _entries.Count, BootId = "boot" },
        };
        body(entry);
        _entries.Add(entry.ToByteString());
        return this;
    }
}
