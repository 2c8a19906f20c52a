using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Uplink;

/// <summary>The server's side of the uplink as its contract says: keyed by epoch and sequence, chain checked, cumulative answers.</summary>
internal sealed class LedgerTwin
{
    private readonly Dictionary<Guid, (ulong Last, byte[] Hash)> _heads = [];

    public List<JournalEntry> Entries { get; } = [];

    /// <summary>Entries that came although they were stored already.</summary>
    public int Duplicates { get; private set; }

    public UplinkAck Take(UplinkBatch batch)
    {
        var epoch = new Guid(batch.Epoch.Span, bigEndian: true);
        var (last, hash) = _heads.GetValueOrDefault(epoch, (0UL, JournalChain.Genesis.ToArray()));
        if (batch.FirstSequence > last + 1)
        {
            return Answer(batch.Epoch, last, UplinkAck.Types.Verdict.Expected);
        }

        var sequence = batch.FirstSequence - 1;
        var running = batch.PreviousHash.ToByteArray();
        foreach (var bytes in batch.Entries)
        {
            running = JournalChain.Next(running, bytes.Span);
            var entry = JournalEntry.Parser.ParseFrom(bytes);
            Assert.That(entry.Sequence, Is.EqualTo(++sequence));
            if (sequence <= last)
            {
                Duplicates++;
                continue;
            }

            hash = JournalChain.Next(hash, bytes.Span);
            Entries.Add(entry);
        }

        Assert.That(running, Is.EqualTo(batch.LastHash.ToByteArray()));
        last = Math.Max(last, sequence);
        if (last == sequence && !running.AsSpan().SequenceEqual(hash))
        {
            return Answer(batch.Epoch, last, UplinkAck.Types.Verdict.ChainBroken);
        }

        _heads[epoch] = (last, hash);
        return Answer(batch.Epoch, last, UplinkAck.Types.Verdict.Stored);
    }

    public static UplinkAck Answer(ByteString epoch, ulong through, UplinkAck.Types.Verdict verdict) =>
        new() { Epoch = epoch, Through = through, Verdict = verdict, ServerUnixMicros = 1_000_000 };
}
