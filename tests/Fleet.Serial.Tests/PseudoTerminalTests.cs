using System.Runtime.Versioning;
using Fleet.Testing;

namespace Fleet.Serial.Tests;

[SupportedOSPlatform("linux")]
[Platform("Linux")]
public sealed class PseudoTerminalTests
{
    [Test]
    public async Task Existing_link_is_taken_over()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("lane"), "/dev/null");

        await using var terminal = PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions());

        Assert.That(new FileInfo(folder.File("lane")).LinkTarget, Is.EqualTo(terminal.Device));
    }

    [Test]
    public void Existing_file_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("lane"), "precious");

        Assert.That(
            () => PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions()),
            Throws.TypeOf<IOException>().With.Message.Contains("not a symbolic link"));
        Assert.That(File.ReadAllText(folder.File("lane")), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Unplug_removes_the_link_and_dispose_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var terminal = PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions());
        await terminal.UnplugAsync();

        Assert.Multiple(() =>
        {
            Assert.That(terminal.IsPlugged, Is.False);
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
            Assert.That(() => terminal.Port, Throws.InvalidOperationException);
        });
        terminal.Replug();
        await terminal.DisposeAsync();
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public async Task Link_that_another_program_took_over_is_not_removed()
    {
        using var folder = new TemporaryFolder();
        var first = PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions());
        await using var second = PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions());

        await first.DisposeAsync();

        Assert.That(new FileInfo(folder.File("lane")).LinkTarget, Is.EqualTo(second.Device));
    }

    [Test]
    public async Task Many_unplugs_leak_no_descriptors()
    {
        using var folder = new TemporaryFolder();
        await using var terminal = PseudoTerminal.Create(folder.File("lane"), new SerialPortOptions());
        var before = Descriptors();
        for (var round = 0; round < 50; round++)
        {
            await terminal.UnplugAsync();
            terminal.Replug();
            await using var port = await Lines.OpenAsync(terminal.Link);
        }

        // Other tests of this process come and go: a leak would be 50 or more.
        Assert.That(Descriptors(), Is.LessThan(before + 25));
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
