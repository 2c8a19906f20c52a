using Fleet.Benchmarks.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Benchmarks.Ingest;

/// <summary>What a terminal that takes one payment after the other leaves in its journal: an intent and an outcome for each.</summary>
internal static class PaymentJournal
{
    /// <summary>The entry at a place, from 0, with only its body set.</summary>
    public static JournalEntry Body(int place)
    {
        var outcome = BenchmarkJournal.Sale(place / 2);
        return place % 2 == 1
            ? outcome
            : new JournalEntry
            {
                Intent = new PaymentIntent
                {
                    TransactionId = outcome.Transaction.TransactionId,
                    Kind = outcome.Transaction.Kind,
                    Requested = outcome.Transaction.Requested,
                    LastKnownTraceNumber = outcome.Transaction.TraceNumber - 1,
                    LastKnownReceiptNumber = outcome.Transaction.ReceiptNumber,
                },
            };
    }

    /// <summary>The first entries as they are stored.</summary>
    public static IEnumerable<byte[]> Entries(int count)
    {
        var epoch = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
        for (var i = 0; i < count; i++)
        {
            var entry = Body(i);
            (entry.Epoch, entry.Sequence) = (epoch, (ulong)i + 1);
            entry.Stamp = new Stamp { WallUnixMicros = 1_773_491_696_000_000 + i, MonotonicMicros = i, BootId = "5ad4e1f3-5c7f-4c1b-9d0b-7f7a4f1f5f11", ServerOffsetMicros = -1_500 };
            yield return entry.ToByteArray();
        }
    }

    /// <summary>The same as they cross the link.</summary>
    public static List<UplinkBatch> Batches(int count, int perBatch)
    {
        var batches = new List<UplinkBatch>();
        var hash = JournalChain.Genesis.ToArray();
        var first = 1ul;
        foreach (var chunk in Entries(count).Chunk(perBatch))
        {
            var batch = new UplinkBatch { FirstSequence = first, Epoch = JournalEntry.Parser.ParseFrom(chunk[0]).Epoch, PreviousHash = ByteString.CopyFrom(hash) };
            foreach (var entry in chunk)
            {
                batch.Entries.Add(UnsafeByteOperations.UnsafeWrap(entry));
                JournalChain.Next(hash, entry, hash);
            }

            batch.LastHash = ByteString.CopyFrom(hash);
            batches.Add(batch);
            first += (ulong)chunk.Length;
        }

        return batches;
    }
}
