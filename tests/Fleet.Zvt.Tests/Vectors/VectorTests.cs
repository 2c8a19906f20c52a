namespace Fleet.Zvt.Tests.Vectors;

public sealed class VectorTests
{
    private static IEnumerable<Vector> Apdus => Vector.Apdus;

    private static IEnumerable<Vector> Wires => Vector.Wires;

    [Test]
    public void File_has_every_example() => Assert.That(Vector.All, Has.Count.EqualTo(143));

    [TestCaseSource(nameof(Apdus))]
    public void Apdu_is_read_and_written_as_it_was(Vector vector)
    {
        Assert.That(Apdu.TryParse(vector.Bytes, out var apdu), Is.True);
        Assert.That(apdu!.ToArray(), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Apdus))]
    public void Message_is_read_without_leftovers_and_written_as_it_was(Vector vector)
    {

        var message = ZvtMessages.Parse(vector.Apdu, vector.Context).Require();

        Assert.Multiple(() =>
        {
            Assert.That(message, Is.Not.InstanceOf<OpaqueMessage>());
            Assert.That((message as BmpMessage)?.Fields.Unknown, Is.Null);
            Assert.That(message.ToApdu().ToArray(), Is.EqualTo(vector.Bytes));
        });
    }

    [TestCaseSource(nameof(Apdus))]
    public void Message_built_from_its_own_fields_is_the_same(Vector vector)
    {
        if (ZvtMessages.Parse(vector.Apdu, vector.Context).Require() is not BmpMessage message)
        {
            return;
        }

        // Taking the TLV apart and putting it together again must give the same bytes.
        var rebuilt = message with { Tlv = message.Tlv is { } tlv ? new TlvContainer(tlv.Nodes) : null };

        Assert.That(rebuilt.ToApdu().ToArray(), Is.EqualTo(vector.Bytes));
        Assert.That(rebuilt, Is.EqualTo(message));
    }

    [TestCaseSource(nameof(Wires))]
    public void Frame_is_read_and_written_as_it_was(Vector vector)
    {
        var reader = new SerialFrameReader(300);
        var signals = vector.Bytes.Select(reader.Push).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(signals[..^1], Is.All.EqualTo(SerialSignal.None));
            Assert.That(signals[^1], Is.EqualTo(SerialSignal.Frame));
            Assert.That(reader.InsideFrame, Is.False);
        });
        var apdu = reader.Frame.ToArray();
        Assert.That(SerialFrame.Encode(apdu), Is.EqualTo(vector.Bytes));
        Assert.That(Apdu.TryParse(apdu, out var parsed), Is.True);
        Assert.That(SerialFrame.Encode(parsed!), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Wires))]
    public void Frame_with_any_bit_turned_is_not_taken(Vector vector)
    {
        for (var bit = 16; bit < vector.Bytes.Length * 8; bit++)
        {
            var damaged = (byte[])vector.Bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var reader = new SerialFrameReader(300);
            Assert.That(damaged.Select(reader.Push), Has.None.EqualTo(SerialSignal.Frame), $"bit {bit}");
        }
    }
}
