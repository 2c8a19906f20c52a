using System.Security.Cryptography;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class JournalChainTests
{
    [Test]
    public void Chain_begins_with_32_zero_bytes()
    {
        Assert.That(JournalChain.Genesis.ToArray(), Is.EqualTo(new byte[32]));
    }

    [Test]
    public void Hash_is_sha256_of_previous_hash_and_entry()
    {
        var entry = "entry"u8.ToArray();

        Assert.That(JournalChain.Next(JournalChain.Genesis.Span, entry), Is.EqualTo(SHA256.HashData([.. new byte[32], .. entry])));
    }

    [TestCase(0)]
    [TestCase(991)]
    [TestCase(992)]
    [TestCase(993)]
    [TestCase(64 * 1024)]
    public void Hash_of_an_entry_of_any_length_is_the_same_sha256(int length)
    {
        var previous = SHA256.HashData([1]);
        var entry = new byte[length];
        Random.Shared.NextBytes(entry);

        Assert.That(JournalChain.Next(previous, entry), Is.EqualTo(SHA256.HashData([.. previous, .. entry])));
    }

    [Test]
    public void Hash_may_replace_the_previous_one_in_place()
    {
        var hash = JournalChain.Next(JournalChain.Genesis.Span, [1]);
        var expected = JournalChain.Next(hash, [2]);

        JournalChain.Next(hash, [2], hash);

        Assert.That(hash, Is.EqualTo(expected));
    }

    [Test]
    public void Swapped_entries_give_another_chain()
    {
        var forward = JournalChain.Next(JournalChain.Next(JournalChain.Genesis.Span, [1]), [2]);
        var swapped = JournalChain.Next(JournalChain.Next(JournalChain.Genesis.Span, [2]), [1]);

        Assert.That(swapped, Is.Not.EqualTo(forward));
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    public void Hash_of_another_length_is_refused(int length)
    {
        Assert.That(() => JournalChain.Next(new byte[length], [1]), Throws.ArgumentException.With.Message.Contains("32"));
    }
}
