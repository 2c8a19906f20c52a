using System.Buffers;

namespace Fleet.Zvt.Tests.Apdus;

public sealed class ApduTests
{
    [TestCase(0, 3)]
    [TestCase(254, 3)]
    [TestCase(255, 5)]
    [TestCase(300, 5)]
    [TestCase(65535, 5)]
    public void Length_takes_three_bytes_from_255_on(int length, int header)
    {
        var apdu = new Apdu(0x06, 0x01, new byte[length]);
        Assert.That(apdu.ToArray(), Has.Length.EqualTo(header + length));
        Assert.That(apdu.EncodedLength, Is.EqualTo(header + length));
        Assert.That(Apdu.TryParse(apdu.ToArray(), out var again), Is.True);
        Assert.That(again, Is.EqualTo(apdu));
    }

    [Test]
    public void Extended_length_is_low_byte_first() =>
        Assert.That(new Apdu(0x06, 0xD3, new byte[300]).ToArray()[..5], Is.EqualTo(new byte[] { 0x06, 0xD3, 0xFF, 0x2C, 0x01 }));

    [Test]
    public void Needlessly_extended_length_is_kept()
    {
        byte[] bytes = [0x06, 0x01, 0xFF, 0x01, 0x00, 0xAA];
        Assert.That(Apdu.TryParse(bytes, out var apdu), Is.True);
        Assert.That(apdu!.ToArray(), Is.EqualTo(bytes));
        Assert.That(apdu, Is.Not.EqualTo(new Apdu(0x06, 0x01, new byte[] { 0xAA })));
    }

    [Test]
    public void Data_beyond_the_extended_length_is_refused() =>
        Assert.That(() => new Apdu(0x06, 0x01, new byte[65536]), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Byte_by_byte_only_the_last_one_completes()
    {
        var bytes = new Apdu(0x06, 0xD3, Enumerable.Range(0, 300).Select(i => (byte)i).ToArray()).ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.That(ApduReader.TryRead(ref part, Apdu.MaxDataLength, out _), Is.EqualTo(ApduReadStatus.Incomplete));
            Assert.That(part.Length, Is.EqualTo(length), "nothing may be taken");
        }

        var whole = new ReadOnlySequence<byte>(bytes);
        Assert.That(ApduReader.TryRead(ref whole, Apdu.MaxDataLength, out _), Is.EqualTo(ApduReadStatus.Complete));
        Assert.That(whole.IsEmpty, Is.True);
    }

    [Test]
    public void Several_in_one_buffer_are_taken_one_by_one()
    {
        var buffer = new ReadOnlySequence<byte>([0x80, 0x00, 0x00, 0x04, 0xFF, 0x01, 0x0A, 0x06]);
        ApduReader.TryRead(ref buffer, 10, out var first);
        ApduReader.TryRead(ref buffer, 10, out var second);
        Assert.That(first, Is.EqualTo(Apdu.Positive));
        Assert.That(second, Is.EqualTo(Apdu.FromHex("04 FF 01 0A")));
        Assert.That(ApduReader.TryRead(ref buffer, 10, out _), Is.EqualTo(ApduReadStatus.Incomplete));
    }

    [Test]
    public void Length_beyond_the_bound_is_told_before_the_data_comes()
    {
        var buffer = new ReadOnlySequence<byte>([0x06, 0x01, 0xFF, 0x00, 0x10]);
        Assert.That(ApduReader.TryRead(ref buffer, 4095, out _), Is.EqualTo(ApduReadStatus.TooLong));
    }

    [Test]
    public void Leftover_bytes_are_no_apdu() => Assert.That(Apdu.TryParse(new byte[] { 0x80, 0x00, 0x00, 0x00 }, out _), Is.False);

    [Test]
    public void Bad_hex_names_itself() => Assert.That(() => Apdu.FromHex("06 01 02 00"), Throws.InstanceOf<FormatException>().With.Message.Contains("06 01 02 00"));

    [TestCase("80 00 00", true, true, false)]
    [TestCase("84 00 00", true, true, false)]
    [TestCase("84 83 00", true, false, true)]
    [TestCase("06 01 00", false, false, false)]
    public void Responses_are_told_by_the_first_byte(string hex, bool response, bool positive, bool negative)
    {
        var apdu = Apdu.FromHex(hex);
        Assert.That((apdu.IsResponse, apdu.IsPositive, apdu.IsNegative), Is.EqualTo((response, positive, negative)));
    }

    [Test]
    public void Text_form_shows_no_data() => Assert.That(Apdu.FromHex("06 01 02 12 34").ToString(), Is.EqualTo("06 01 (2 bytes)"));

    [Test]
    public void Equality_is_by_content()
    {
        var one = Apdu.FromHex("06 01 01 0A");
        var same = new Apdu(0x06, 0x01, new byte[] { 0x0A });
        Assert.That(one, Is.EqualTo(same));
        Assert.That(one.GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(one, Is.Not.EqualTo(Apdu.FromHex("06 01 01 0B")));
    }
}
