namespace Fleet.Zvt.Tests.Serial;

public sealed class SerialFrameReaderTests
{
    private readonly SerialFrameReader _reader = new(64);

    [Test]
    public void Ack_and_nak_outside_a_frame_are_signals()
    {
        Assert.That(_reader.Push(0x06), Is.EqualTo(SerialSignal.Ack));
        Assert.That(_reader.Push(0x15), Is.EqualTo(SerialSignal.Nak));
    }

    [Test]
    public void Ack_byte_inside_a_frame_is_data()
    {
        Assert.That(Feed("10 02 06 0F 00 10 03 C6 33"), Is.EqualTo(SerialSignal.Frame));
        Assert.That(_reader.Frame.ToArray(), Is.EqualTo(new byte[] { 0x06, 0x0F, 0x00 }));
    }

    [TestCase("00 FF 41")]
    [TestCase("10 41")]
    [TestCase("10 06")]
    [TestCase("10 03")]
    public void Bytes_outside_a_frame_are_ignored(string junk)
    {
        Assert.That(Feed(junk), Is.EqualTo(SerialSignal.None));
        Assert.That(_reader.InsideFrame, Is.False);
        Assert.That(Feed("10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.Frame));
    }

    [Test]
    public void Repeated_dle_before_stx_is_one_start() => Assert.That(Feed("10 10 10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.Frame));

    [TestCase("10 02 80 00 00 10 03 F5 1E")]
    [TestCase("10 02 80 00 01 10 03 F5 1F")]
    [TestCase("10 02 10 03 00 00")]
    public void Bad_crc_is_told(string frame) => Assert.That(Feed(frame), Is.EqualTo(SerialSignal.BadFrame));

    [Test]
    public void Dle_and_something_else_inside_a_frame_swallows_all_until_the_line_is_quiet()
    {
        Assert.That(Feed("10 02 80 10 41 00 10 03 F5 1F 10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.None));
        Assert.That(_reader.InsideFrame, Is.True);
        _reader.GapExpired();
        Assert.That(_reader.InsideFrame, Is.False);
        Assert.That(Feed("10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.Frame));
    }

    [Test]
    public void Longer_than_the_bound_is_swallowed()
    {
        Feed("10 02");
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(_reader.Push(0x55), Is.EqualTo(SerialSignal.None));
        }

        Assert.That(_reader.Frame.Length, Is.LessThanOrEqualTo(64));
        _reader.GapExpired();
        Assert.That(Feed("10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.Frame));
    }

    [Test]
    public void Gap_forgets_a_frame_in_every_state()
    {
        var frame = Convert.FromHexString("10020610100300000010032A35");
        for (var cut = 1; cut < frame.Length; cut++)
        {
            foreach (var b in frame.Take(cut))
            {
                _reader.Push(b);
            }

            Assert.That(_reader.InsideFrame, Is.True, $"after {cut} bytes");
            _reader.GapExpired();
            Assert.That(Feed("10 02 80 00 00 10 03 F5 1F"), Is.EqualTo(SerialSignal.Frame), $"after {cut} bytes");
        }
    }

    private SerialSignal Feed(string hex)
    {
        var last = SerialSignal.None;
        foreach (var b in Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)))
        {
            last = _reader.Push(b);
        }

        return last;
    }
}
