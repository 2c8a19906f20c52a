using Fleet.Simulator.Faults;

namespace Fleet.Simulator.Tests.Faults;

public sealed class FrameTrackerTests
{
    [TestCase("10 02 80 00 00 10 03 F5 1F")]
    [TestCase("10 02 06 10 10 03 00 00 00 10 03 2A 35")]
    [TestCase("10 02 05 01 00 10 03 10 06")]
    [TestCase("10 02 06 01 07 04 00 00 00 04 46 83 10 03 10 10")]
    [TestCase("10 02 06 01 07 04 00 00 00 09 27 39 10 03 10 03")]
    public void Frame_ends_at_its_second_checksum_byte(string wire)
    {
        var tracker = new FrameTracker();
        var bytes = Convert.FromHexString(wire.Replace(" ", string.Empty, StringComparison.Ordinal));

        var positions = bytes.Select(tracker.Next).ToList();

        Assert.That(positions[..^1], Has.All.EqualTo(LinePosition.Inside));
        Assert.That(positions[^1], Is.EqualTo(LinePosition.FrameEnd));
        Assert.That(tracker.Next(0x06), Is.EqualTo(LinePosition.Outside));
    }

    [Test]
    public void Noise_between_frames_is_outside()
    {
        var tracker = new FrameTracker();

        Assert.That(new byte[] { 0x06, 0x15, 0x00, 0xFF }.Select(tracker.Next), Has.All.EqualTo(LinePosition.Outside));
    }
}
