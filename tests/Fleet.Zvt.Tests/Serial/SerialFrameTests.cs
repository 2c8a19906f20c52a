using System.Text;

namespace Fleet.Zvt.Tests.Serial;

public sealed class SerialFrameTests
{
    [Test]
    public void Crc_of_the_check_string_is_2189() => Assert.That(Crc16.Compute(Encoding.ASCII.GetBytes("123456789")), Is.EqualTo(0x2189));

    [Test]
    public void Crc_of_a_frame_covers_the_etx() => Assert.That(Crc16.OfFrame([0x80, 0x00, 0x00]), Is.EqualTo(0x1FF5));

    [Test]
    public void Length_byte_is_doubled_too()
    {
        var frame = SerialFrame.Encode(new Apdu(0x06, 0x01, new byte[16]));
        Assert.That(frame[4..6], Is.EqualTo(new byte[] { 0x10, 0x10 }));
    }

    [Test]
    public void Crc_is_never_doubled()
    {
        // 05 01 00 has the CRC 10 06.
        Assert.That(SerialFrame.Encode(Apdu.FromHex("05 01 00")), Is.EqualTo(Convert.FromHexString("10020501001003" + "1006")));
    }
}
