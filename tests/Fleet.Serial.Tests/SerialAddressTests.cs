namespace Fleet.Serial.Tests;

public sealed class SerialAddressTests
{
    [Test]
    public void Device_alone_gets_the_defaults_of_the_protocol()
    {
        var address = SerialAddress.Parse("serial:///dev/ttyACM0");

        Assert.That(address, Is.EqualTo(new SerialAddress("/dev/ttyACM0", 9600, SerialStopBits.Two)));
    }

    [Test]
    public void Baud_and_stop_bits_are_read()
    {
        var address = SerialAddress.Parse("serial:///dev/serial/by-id/usb-X-if00?baud=115200&stop=1");

        Assert.That(address, Is.EqualTo(new SerialAddress("/dev/serial/by-id/usb-X-if00", 115200, SerialStopBits.One)));
    }

    [TestCase("serial://COM7", "COM7")]
    [TestCase("serial://com12?baud=19200", "COM12")]
    [TestCase("SERIAL://COM256", "COM256")]
    public void Com_port_is_read(string text, string device)
    {
        Assert.That(SerialAddress.Parse(text).Device, Is.EqualTo(device));
    }

    [TestCase("", "scheme")]
    [TestCase("tcp://1.2.3.4", "scheme")]
    [TestCase("/dev/ttyACM0", "scheme")]
    [TestCase("serial://", "device")]
    [TestCase("serial://dev/ttyACM0", "device")]
    [TestCase("serial://COM0", "device")]
    [TestCase("serial://COM257", "device")]
    [TestCase("serial:///dev/tty%00", "device")]
    [TestCase("serial:///dev/ttyACM0?baud=9601", "baud")]
    [TestCase("serial:///dev/ttyACM0?baud=", "baud")]
    [TestCase("serial:///dev/ttyACM0?baud=-9600", "baud")]
    [TestCase("serial:///dev/ttyACM0?stop=3", "stop")]
    [TestCase("serial:///dev/ttyACM0?stop", "stop")]
    [TestCase("serial:///dev/ttyACM0?parity=even", "parity")]
    [TestCase("serial:///dev/ttyACM0?baud=9600&baud=9600", "baud")]
    public void Wrong_field_is_named(string text, string field)
    {
        var read = SerialAddress.TryParse(text, out var address, out var error);

        Assert.Multiple(() =>
        {
            Assert.That(read, Is.False);
            Assert.That(address, Is.Null);
            Assert.That(error, Does.StartWith(field + ":"));
        });
    }

    [Test]
    public void All_wrong_fields_are_named_at_once()
    {
        var read = SerialAddress.TryParse("serial://lane1?baud=1&stop=9&x=1", out _, out var error);

        Assert.That(read, Is.False);
        Assert.That(error, Does.Contain("device:").And.Contain("baud:").And.Contain("stop:").And.Contain("x:"));
    }

    [Test]
    public void Parse_throws_what_TryParse_says()
    {
        Assert.That(() => SerialAddress.Parse("serial:///dev/a?baud=7"), Throws.TypeOf<FormatException>().With.Message.Contains("baud: '7'"));
    }

    [Test]
    public void Text_form_survives_a_round_trip()
    {
        foreach (var baud in SerialAddress.SupportedBauds)
        {
            var address = new SerialAddress("/dev/ttyUSB3", baud, SerialStopBits.One);
            Assert.That(SerialAddress.Parse(address.ToString()), Is.EqualTo(address));
        }
    }

    [Test]
    public void Byte_time_counts_eleven_bits_at_two_stop_bits()
    {
        Assert.That(new SerialAddress("/dev/a").ByteTime.TotalMilliseconds, Is.EqualTo(11000.0 / 9600).Within(0.001));
    }

    [FsCheck.NUnit.Property]
    public void Any_text_is_read_or_refused_with_a_reason(string text)
    {
        var read = SerialAddress.TryParse("serial://" + text, out var address, out var error);

        Assert.That(read, Is.EqualTo(address is not null).And.EqualTo(error is null));
    }
}
