using Fleet.Serial.Listing;
using Fleet.Testing;

namespace Fleet.Serial.Tests.Listing;

[Platform("Linux")]
public sealed class LinuxPortListTests
{
    private TemporaryFolder _root = null!;

    [SetUp]
    public void MakeRoot() => _root = new TemporaryFolder();

    [TearDown]
    public void RemoveRoot() => _root.Dispose();

    [Test]
    public void Terminal_with_serial_number_is_listed_by_its_stable_name()
    {
        AddUsb("ttyACM0", "1-2", "0b00", "0054", "Ingenico", "Move 3500", "12345678", "cdc_acm");
        Link("by-id", "usb-Ingenico_Move_3500_12345678-if00", "ttyACM0");
        Link("by-path", "pci-0000:00:14.0-usb-0:2:1.0", "ttyACM0");

        var port = Read().Single();

        Assert.Multiple(() =>
        {
            Assert.That(port.Device, Does.EndWith("/dev/ttyACM0"));
            Assert.That(port.StableName, Does.EndWith("by-id/usb-Ingenico_Move_3500_12345678-if00"));
            Assert.That(port.Guess, Is.EqualTo("Ingenico payment terminal"));
            Assert.That(port.UsbId, Is.EqualTo("0b00:0054"));
            Assert.That(port.SerialNumber, Is.EqualTo("12345678"));
            Assert.That(port.Driver, Is.EqualTo("cdc_acm"));
        });
    }

    [Test]
    public void Device_without_serial_number_is_listed_by_path()
    {
        AddUsb("ttyUSB0", "1-3", "1a86", "7523", null, "USB2.0-Serial", null, "ch341-uart");
        Link("by-id", "usb-1a86_USB2.0-Serial-if00-port0", "ttyUSB0");
        Link("by-path", "pci-0000:00:14.0-usb-0:3:1.0-port0", "ttyUSB0");

        var port = Read().Single();

        Assert.That(port.StableName, Does.Contain("by-path"));
        Assert.That(port.Guess, Is.EqualTo("WCH USB-serial adapter"));
    }

    [Test]
    public void Unknown_vendor_with_its_own_interface_is_told_by_the_driver()
    {
        AddUsb("ttyACM1", "1-4", "dead", "beef", null, null, "7", "cdc_acm");

        Assert.That(Read().Single().Guess, Does.StartWith("USB device with its own serial interface"));
    }

    [Test]
    public void Consoles_and_unfitted_ports_are_not_listed()
    {
        Directory.CreateDirectory(_root.File("sys/class/tty/tty1"));
        Directory.CreateDirectory(_root.File("sys/class/tty/ttyS1/device"));
        File.WriteAllText(_root.File("sys/class/tty/ttyS1/type"), "0\n");

        Assert.That(Read(), Is.Empty);
    }

    [Test]
    public void Built_in_port_is_listed_under_its_own_name()
    {
        Directory.CreateDirectory(_root.File("sys/class/tty/ttyS0/device"));
        File.WriteAllText(_root.File("sys/class/tty/ttyS0/type"), "4\n");

        var port = Read().Single();

        Assert.That(port.StableName, Is.EqualTo(port.Device));
        Assert.That(port.UsbId, Is.Null);
    }

    [Test]
    public void Machine_without_sysfs_has_no_ports()
    {
        Assert.That(Read(), Is.Empty);
    }

    [Test]
    public void This_machine_can_be_listed()
    {
        Assert.That(SerialPorts.List(), Is.Not.Null);
    }

    private IReadOnlyList<SerialPortInfo> Read() => new LinuxPortList(_root.File("dev"), _root.File("sys")).Read();

    private void AddUsb(
        string tty, string bus, string vendor, string product, string? maker, string? name, string? serial, string driver)
    {
        var usb = _root.File($"sys/devices/pci0/usb1/{bus}");
        var intf = Path.Combine(usb, $"{bus}:1.0");
        Directory.CreateDirectory(Path.Combine(intf, "tty", tty));
        Write(usb, "idVendor", vendor);
        Write(usb, "idProduct", product);
        Write(usb, "manufacturer", maker);
        Write(usb, "product", name);
        Write(usb, "serial", serial);
        var drivers = Directory.CreateDirectory(_root.File($"sys/bus/usb/drivers/{driver}")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(intf, "driver"), drivers);
        Directory.CreateSymbolicLink(Path.Combine(intf, "tty", tty, "device"), "../..");
        Directory.CreateDirectory(_root.File("sys/class/tty"));
        Directory.CreateSymbolicLink(_root.File($"sys/class/tty/{tty}"), $"../../devices/pci0/usb1/{bus}/{bus}:1.0/tty/{tty}");
    }

    private void Link(string kind, string name, string tty)
    {
        Directory.CreateDirectory(_root.File($"dev/serial/{kind}"));
        File.CreateSymbolicLink(_root.File($"dev/serial/{kind}/{name}"), $"../../{tty}");
    }

    private static void Write(string folder, string file, string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(Path.Combine(folder, file), text + "\n");
        }
    }
}
