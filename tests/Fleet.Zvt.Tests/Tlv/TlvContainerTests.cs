namespace Fleet.Zvt.Tests.Tlv;

public sealed class TlvContainerTests
{
    [Test]
    public void Tags_of_one_two_and_three_bytes_are_read()
    {
        var tlv = Parse("12 01 28 1F 07 01 02 DF 81 01 02 AA BB");
        Assert.That(tlv.Nodes.Select(static n => n.Tag), Is.EqualTo(new[] { 0x12, 0x1F07, 0xDF8101 }));
        Assert.That(Convert.ToHexString(new TlvContainer(tlv.Nodes).ToArray()), Is.EqualTo("1201281F070102DF810102AABB"));
    }

    [Test]
    public void Constructed_objects_are_read_inside()
    {
        var tlv = Parse("25 0A 09 01 40 07 02 41 42 09 01 81");
        Assert.That(tlv.Find(0x25)!.Children!.Nodes, Has.Length.EqualTo(3));
        Assert.That(tlv.Find(0x25, 0x07)!.Value.ToArray(), Is.EqualTo("AB"u8.ToArray()));
    }

    [Test]
    public void Constructed_object_that_is_no_tlv_inside_keeps_its_bytes()
    {
        var tlv = Parse("34 02 80 80 1F 07 01 02");
        Assert.That(tlv.Find(0x34)!.Children, Is.Null);
        Assert.That(tlv.Byte(0x1F07), Is.EqualTo(2));
        Assert.That(Convert.ToHexString(tlv.ToArray()), Is.EqualTo("340280801F070102"));
    }

    [TestCase("12", "TLV 12")]
    [TestCase("12 05 01", "TLV 12")]
    [TestCase("12 80", "TLV 12")]
    [TestCase("1F", "TLV tag")]
    [TestCase("12 81", "TLV 12")]
    public void Broken_object_is_named(string hex, string field)
    {
        var error = TlvContainer.Parse(Bytes(hex), 9).Error;
        Assert.That((error?.Field, error?.Offset), Is.EqualTo((field, 9)));
    }

    [Test]
    public void Longer_length_forms_are_kept_as_they_were()
    {
        var bytes = Bytes("12 81 01 28");
        Assert.That(TlvContainer.Parse(bytes, 0).Require().ToArray(), Is.EqualTo(bytes));
    }

    [Test]
    public void Nesting_is_bounded()
    {
        byte[] inside = [0x12, 0x01, 0x28];
        for (var i = 0; i < 40; i++)
        {
            inside = [0x25, (byte)inside.Length, .. inside];
        }

        var tlv = TlvContainer.Parse(inside, 0).Require();
        var depth = 0;
        for (var level = tlv; level is not null; level = level.Nodes[0].Children)
        {
            depth++;
        }

        Assert.That(depth, Is.LessThan(10));
        Assert.That(tlv.ToArray(), Is.EqualTo(inside));
    }

    [Test]
    public void Object_is_set_in_place_added_and_taken_away()
    {
        var tlv = Parse("12 01 28 1F 07 01 02");
        Assert.That(Convert.ToHexString(tlv.With(0x12, [0x32]).ToArray()), Is.EqualTo("1201321F070102"));
        Assert.That(Convert.ToHexString(tlv.With(0x14, [0xFE]).ToArray()), Is.EqualTo("1201281F0701021401FE"));
        Assert.That(Convert.ToHexString(tlv.With(0x12, null).ToArray()), Is.EqualTo("1F070102"));
    }

    private static TlvContainer Parse(string hex) => TlvContainer.Parse(Bytes(hex), 0).Require();

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
