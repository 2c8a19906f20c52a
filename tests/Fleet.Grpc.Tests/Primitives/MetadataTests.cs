using Grpc.Core;

namespace Fleet.Grpc.Tests.Core;

public sealed class MetadataTests
{
    [Test]
    public void Names_are_lower_case_and_found_in_any_case()
    {
        var metadata = new Metadata { { "X-Trace", "a" }, { "x-trace", "b" } };
        Assert.That(metadata[0].Key, Is.EqualTo("x-trace"));
        Assert.That(metadata.GetValue("X-TRACE"), Is.EqualTo("b"), "the last one wins");
        Assert.That(metadata.GetAll("x-trace").Select(static e => e.Value), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(metadata.Get("other"), Is.Null);
    }

    [TestCase("with space")]
    [TestCase("ü")]
    [TestCase(":path")]
    [TestCase("a/b")]
    public void Name_with_another_character_is_refused(string name) =>
        Assert.That(() => new Metadata.Entry(name, "x"), Throws.ArgumentException.With.Message.Contains(name));

    [Test]
    public void Ending_tells_text_from_bytes()
    {
        Assert.That(() => new Metadata.Entry("a-bin", "text"), Throws.ArgumentException);
        Assert.That(() => new Metadata.Entry("a", [1]), Throws.ArgumentException);
        var bytes = new Metadata.Entry("a-bin", [1, 2]);
        Assert.That(bytes.IsBinary, Is.True);
        Assert.That(() => bytes.Value, Throws.InvalidOperationException);
        Assert.That(new Metadata.Entry("a", "xy").ValueBytes, Is.EqualTo("xy"u8.ToArray()));
    }

    [Test]
    public void Bytes_cannot_be_changed_from_outside()
    {
        byte[] given = [1, 2];
        var entry = new Metadata.Entry("a-bin", given);
        given[0] = 9;
        entry.ValueBytes[1] = 9;
        Assert.That(entry.ValueBytes, Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void Empty_metadata_stays_empty()
    {
        Assert.That(Metadata.Empty.IsReadOnly, Is.True);
        Assert.That(() => Metadata.Empty.Add("a", "b"), Throws.InvalidOperationException);
        Assert.That(Metadata.Empty, Is.Empty);
    }

    [Test]
    public void List_operations_keep_the_order()
    {
        var first = new Metadata.Entry("a", "1");
        var metadata = new Metadata { first, { "c", "3" } };
        metadata.Insert(1, new Metadata.Entry("b", "2"));
        metadata[2] = new Metadata.Entry("d", "4");
        Assert.That(metadata.Select(static e => e.Key), Is.EqualTo(new[] { "a", "b", "d" }));
        Assert.That(metadata.Remove(first), Is.True);
        metadata.RemoveAt(0);
        Assert.That(metadata, Has.Count.EqualTo(1));
        metadata.Clear();
        Assert.That(metadata, Is.Empty);
    }
}
