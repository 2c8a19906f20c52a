using System.Diagnostics;
using System.Runtime.Versioning;
using Fleet.Testing;

namespace Fleet.Serial.Tests;

[SupportedOSPlatform("linux")]
[Platform("Linux")]
public sealed class LinuxPortTests
{
    private TemporaryFolder _folder = null!;
    private PseudoTerminal _terminal = null!;

    [SetUp]
    public void Plug()
    {
        _folder = new TemporaryFolder();
        _terminal = PseudoTerminal.Create(_folder.File("terminal-1"), new SerialPortOptions());
    }

    [TearDown]
    public async Task UnplugAsync()
    {
        await _terminal.DisposeAsync();
        _folder.Dispose();
    }

    [TestCase(9600, SerialStopBits.Two)]
    [TestCase(115200, SerialStopBits.One)]
    [TestCase(57600, SerialStopBits.Two)]
    public async Task Line_is_set_as_asked(int baud, SerialStopBits stop)
    {
        Engines.Require("stty", "apt-get install coreutils");
        var address = new SerialAddress(_terminal.Link, baud, stop);
        var result = await SerialPorts.OpenAsync(address, new SerialPortOptions(), Lines.Bound);
        await using var port = result.Port!;

        var settings = await SettingsAsync(_terminal.Device!);

        Assert.That(settings, Does.Contain($"speed {baud} baud"));
        Assert.That(settings, Does.Contain(stop == SerialStopBits.Two ? " cstopb" : "-cstopb"));
        Assert.That(settings, Does.Contain("cs8").And.Contain("-parenb").And.Contain("-crtscts"));
        Assert.That(settings, Does.Contain("-icanon").And.Contain("-echo ").And.Contain("-ixon").And.Contain("-opost"));
    }

    [Test]
    public async Task Second_opener_is_told_that_the_port_is_busy_and_by_whom()
    {
        await using var port = await Lines.OpenAsync(_terminal.Link);

        var refusal = await Lines.RefusedAsync(new SerialAddress(_terminal.Link));

        Assert.That(refusal.Fault, Is.EqualTo(SerialOpenFault.Busy));
        Assert.That(refusal.Reason, Does.Contain(_terminal.Link));
    }

    [Test]
    public async Task Line_survives_a_restart_of_the_program_on_the_other_side()
    {
        for (byte round = 0; round < 3; round++)
        {
            await using var port = await Lines.OpenAsync(_terminal.Link);
            await port.Output.WriteAsync(new[] { round });
            Assert.That(await _terminal.Port.Input.ReadAsync(1), Is.EqualTo(new[] { round }));
        }

        Assert.That(_terminal.Port.Closed.IsCompleted, Is.False);
    }

    [Test]
    public async Task Pseudo_terminal_has_no_modem_lines_and_that_is_no_fault()
    {
        await using var port = await Lines.OpenAsync(_terminal.Link);

        Assert.That(port.ControlLines, Is.Null);
    }

    [Test]
    public async Task Regular_file_is_not_a_serial_port()
    {
        await File.WriteAllTextAsync(_folder.File("plain"), "text");

        var refusal = await Lines.RefusedAsync(new SerialAddress(_folder.File("plain")));

        Assert.That(refusal.Fault, Is.EqualTo(SerialOpenFault.NotASerialPort));
    }

    [Test]
    public async Task Cancelled_open_opens_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        Assert.That(
            async () => await SerialPorts.OpenAsync(new SerialAddress(_terminal.Link), new SerialPortOptions(), cancelled.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Cable_of_socat_carries_bytes_and_its_end_is_an_unplug()
    {
        var socat = Engines.Require("socat", "apt-get install socat");
        var (a, b) = (_folder.File("a"), _folder.File("b"));
        using var cable = Process.Start(socat, [$"pty,raw,echo=0,link={a}", $"pty,raw,echo=0,link={b}"]);
        await Eventually.TrueAsync(() => File.Exists(a) && File.Exists(b), "socat makes its links");
        await using var left = await Lines.OpenAsync(a);
        await using var right = await Lines.OpenAsync(b);

        await left.Output.WriteAsync(new byte[] { 1, 2, 3 });
        Assert.That(await right.Input.ReadAsync(3), Is.EqualTo(new byte[] { 1, 2, 3 }));

        cable.Kill();
        Assert.That((await left.Closed.WaitAsync(Lines.Bound)).Reason, Is.EqualTo(SerialCloseReason.DeviceGone));
        Assert.That((await right.Closed.WaitAsync(Lines.Bound)).Reason, Is.EqualTo(SerialCloseReason.DeviceGone));
    }

    private static async Task<string> SettingsAsync(string device)
    {
        using var stty = Process.Start(new ProcessStartInfo("stty", ["-a", "-F", device]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return await stty.StandardOutput.ReadToEndAsync();
    }
}
