using System.Buffers.Binary;
using System.Security.Cryptography;
using Fleet.Agent.Journal;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Journal;

public sealed class RecordSealTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] Place = PlaceOfEntry(Guid.NewGuid(), 7);

    [Test]
    public void Record_comes_back_as_it_was([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);

        Assert.That(seal.Open(Place, seal.Seal(Place, "payment"u8)), Is.EqualTo("payment"u8.ToArray()));
        Assert.That(seal.Open(Place, seal.Seal(Place, [])), Is.Empty);
    }

    [Test]
    public void Writer_and_readers_share_one_seal([Values] bool encrypted)
    {
        const int Rounds = 20_000;
        using var seal = new RecordSeal(encrypted ? Key : null);
        var plain = RandomNumberGenerator.GetBytes(300);
        var record = seal.Seal(Place, plain);
        var faults = 0;

        Parallel.For(0, Rounds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var mine = i % 2 == 0 ? record : seal.Seal(Place, plain);
            if (seal.Open(Place, mine) is not { } opened || !opened.AsSpan().SequenceEqual(plain))
            {
                Interlocked.Increment(ref faults);
            }
        });

        Assert.That(faults, Is.Zero);
    }

    [Test]
    public void Every_flipped_bit_is_noticed([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var record = seal.Seal(Place, "payment"u8);
        for (var bit = 0; bit < record.Length * 8; bit++)
        {
            var damaged = (byte[])record.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(seal.Open(Place, damaged), Is.Null, $"bit {bit}");
        }
    }

    [Test]
    public void Every_shortened_record_is_noticed([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var record = seal.Seal(Place, "payment"u8);
        for (var length = 0; length < record.Length; length++)
        {
            Assert.That(seal.Open(Place, record.AsSpan(0, length)), Is.Null, $"length {length}");
        }
    }

    [Test]
    public void Record_fits_its_own_place_only([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var record = seal.Seal(Place, "payment"u8);

        Assert.That(seal.Open(PlaceOfEntry(Guid.NewGuid(), 7), record), Is.Null);
        Assert.That(seal.Open(RecordSeal.PlaceOfState("e"), record), Is.Null);
    }

    [Test]
    public void Encrypted_record_shows_nothing_and_no_other_key_opens_it()
    {
        using var seal = new RecordSeal(Key);
        using var other = new RecordSeal(RandomNumberGenerator.GetBytes(32));
        using var none = new RecordSeal(null);
        var record = seal.Seal(Place, "payment"u8);

        Assert.That(record.AsSpan().IndexOf("payment"u8), Is.Negative);
        Assert.That(other.Open(Place, record), Is.Null);
        Assert.That(none.Open(Place, record), Is.Null);
        Assert.That(seal.Seal(Place, "payment"u8), Is.Not.EqualTo(record), "a nonce is used once");
    }

    [Test]
    public void Nonce_is_never_used_twice()
    {
        using var seal = new RecordSeal(Key);

        var nonces = Enumerable.Range(0, 1_000).Select(_ => Convert.ToHexString(seal.Seal(Place, "payment"u8).AsSpan(1, 12)));

        Assert.That(nonces, Is.Unique);
    }

    [TestCase(900)]
    [TestCase(1_000)]
    [TestCase(100_000)]
    public void Record_of_any_length_is_proven_by_its_checksum(int length)
    {
        using var seal = new RecordSeal(key: null);
        var plain = RandomNumberGenerator.GetBytes(length);
        var record = seal.Seal(Place, plain);
        Assert.That(seal.Open(Place, record), Is.EqualTo(plain));
        Assert.That(record.AsSpan(1, 8).ToArray(), Is.EqualTo(SHA256.HashData([.. Place, .. plain])[..8]), "as in files from before");

        record[^1] ^= 1;

        Assert.That(seal.Open(Place, record), Is.Null);
    }

    [Test]
    public void Records_from_before_encryption_are_still_read()
    {
        using var plain = new RecordSeal(null);
        using var seal = new RecordSeal(Key);

        Assert.That(seal.Open(Place, plain.Seal(Place, "payment"u8)), Is.EqualTo("payment"u8.ToArray()));
    }

    [Test]
    public void Entry_comes_back_byte_for_byte_and_its_epoch_costs_nothing([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var epoch = Guid.NewGuid();
        var entry = EntryOf(epoch, 7);

        var record = seal.SealEntry(epoch, 7, entry);

        Assert.That(seal.OpenEntry(epoch, 7, record), Is.EqualTo(entry));
        Assert.That(record, Has.Length.EqualTo(seal.Seal(Place, entry).Length - 18));
    }

    [Test]
    public void Every_flipped_bit_of_an_entry_is_noticed([Values] bool encrypted, [Values] bool whole)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var epoch = Guid.NewGuid();
        var entry = EntryOf(epoch, 7);
        var record = whole ? seal.Seal(PlaceOfEntry(epoch, 7), entry) : seal.SealEntry(epoch, 7, entry);
        for (var bit = 0; bit < record.Length * 8; bit++)
        {
            var damaged = (byte[])record.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(seal.OpenEntry(epoch, 7, damaged), Is.Null, $"bit {bit}");
        }
    }

    [Test]
    public void Every_shortened_record_of_an_entry_is_noticed([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var epoch = Guid.NewGuid();
        var record = seal.SealEntry(epoch, 7, EntryOf(epoch, 7));
        for (var length = 0; length < record.Length; length++)
        {
            Assert.That(seal.OpenEntry(epoch, 7, record.AsSpan(0, length)), Is.Null, $"length {length}");
        }
    }

    [Test]
    public void Entry_fits_its_own_place_only([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var epoch = Guid.NewGuid();
        var record = seal.SealEntry(epoch, 7, EntryOf(epoch, 7));

        Assert.That(seal.OpenEntry(epoch, 8, record), Is.Null);
        Assert.That(seal.OpenEntry(Guid.NewGuid(), 7, record), Is.Null);
    }

    [Test]
    public void Entries_with_their_epoch_from_before_it_was_left_out_are_still_read([Values] bool encrypted)
    {
        using var seal = new RecordSeal(encrypted ? Key : null);
        var epoch = Guid.NewGuid();
        var entry = EntryOf(epoch, 7);

        Assert.That(seal.OpenEntry(epoch, 7, seal.Seal(PlaceOfEntry(epoch, 7), entry)), Is.EqualTo(entry));
    }

    [Test]
    public void Entry_that_does_not_begin_with_this_epoch_is_kept_whole()
    {
        using var seal = new RecordSeal(null);
        var epoch = Guid.NewGuid();
        var foreign = EntryOf(Guid.NewGuid(), 7);

        Assert.That(seal.OpenEntry(epoch, 7, seal.SealEntry(epoch, 7, foreign)), Is.EqualTo(foreign));
    }

    // As entries were sealed that have their epoch in them.
    private static byte[] PlaceOfEntry(Guid epoch, ulong sequence)
    {
        var place = new byte[1 + 16 + 8];
        place[0] = (byte)'e';
        epoch.TryWriteBytes(place.AsSpan(1), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(17), sequence);
        return place;
    }

    private static byte[] EntryOf(Guid epoch, ulong sequence)
    {
        var entry = JournalWorld.Sale("sale-1");
        entry.Epoch = ByteString.CopyFrom(epoch.ToByteArray(bigEndian: true));
        entry.Sequence = sequence;
        return entry.ToByteArray();
    }
}
