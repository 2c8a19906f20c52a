using System.Runtime.Versioning;
using Fleet.Serial.Contract;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows half of the serial port: the scenarios of every port, on a COM port that is a pseudo terminal.</summary>
[TestFixture]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
internal sealed class WindowsPortTests
{
    // wine lets a COM port be opened twice; Windows never does.
    private const string NotUnderWine = "Second_opener_is_told_that_the_port_is_busy";

    [TestCase("COM7")]
    [TestCase("COM12")]
    [CancelAfter(300_000)]
    public async Task Com_port_keeps_the_contract(string port, CancellationToken cancellationToken)
    {
        var wine = await Wine.RequireAsync();
        var programs = await WindowsBuild.PortContractAsync();
        using var folder = new TemporaryFolder();
        await using var far = PseudoTerminalFarEnd.Create(folder.File("terminal-1"));
        await wine.MapAsync(port, folder.File("terminal-1"), cancellationToken);

        using var contract = wine.Start(Path.Combine(programs, "serial-contract.exe"), port);
        IReadOnlyList<string> reports;
        try
        {
            reports = await far.ServeAsync(contract.StandardOutput, contract.StandardInput, cancellationToken);
        }
        finally
        {
            contract.Kill(entireProcessTree: true);
        }

        Assert.That(reports.Where(static r => r.StartsWith("failed", StringComparison.Ordinal) && !r.Contains(NotUnderWine, StringComparison.Ordinal)), Is.Empty);
        Assert.That(
            reports.Where(static r => r.StartsWith("passed", StringComparison.Ordinal)),
            Is.SupersetOf(Scenarios.All.Where(static s => s.Name != NotUnderWine).Select(static s => $"passed {s.Name}")));
    }

    [Test]
    [CancelAfter(300_000)]
    public async Task Ports_that_exist_are_listed_with_the_high_numbers_last(CancellationToken cancellationToken)
    {
        var wine = await Wine.RequireAsync();
        var programs = await WindowsBuild.PortContractAsync();
        foreach (var (device, port) in new[] { (@"\Device\USBSER000", "COM12"), (@"\Device\VCP0", "COM9"), (@"\Device\Serial0", "COM1") })
        {
            (await wine.RunAsync(cancellationToken, "reg", "add", @"HKLM\HARDWARE\DEVICEMAP\SERIALCOMM", "/v", device, "/d", port, "/f")).Succeeded();
        }

        var list = (await wine.RunAsync(cancellationToken, Path.Combine(programs, "serial-contract.exe"), "list")).Succeeded().ReplaceLineEndings("\n");

        Assert.That(list, Does.Contain("COM1 serial port\n").And.Contain("COM9 USB-serial adapter\n").And.Contain("COM12 USB device with its own serial interface"));
        Assert.That(list.IndexOf("COM9 ", StringComparison.Ordinal), Is.LessThan(list.IndexOf("COM12 ", StringComparison.Ordinal)));
    }
}
