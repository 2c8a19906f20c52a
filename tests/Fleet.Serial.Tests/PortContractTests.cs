using System.Runtime.Versioning;
using Fleet.Serial.Contract;
using Fleet.Testing;

namespace Fleet.Serial.Tests;

/// <summary>What holds for every port, on a pseudo terminal of Linux. The Windows build plays the same scenarios under wine.</summary>
[SupportedOSPlatform("linux")]
[Platform("Linux")]
public sealed class PortContractTests
{
    private static IEnumerable<TestCaseData> All => Scenarios.All.Select(static s => new TestCaseData(s).SetArgDisplayNames(s.Name));

    [TestCaseSource(nameof(All))]
    [CancelAfter(60_000)]
    public async Task Port_on_a_pseudo_terminal_keeps_the_contract(Scenario scenario, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await using var far = PseudoTerminalFarEnd.Create(folder.File("terminal-1"));

        Assert.That(async () => await scenario.Play(new SerialAddress(folder.File("terminal-1")), far, cancellationToken), Throws.Nothing);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Port_that_breaks_the_contract_is_found_out(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await using var far = PseudoTerminalFarEnd.Create(folder.File("terminal-1"));
        await using var held = await Lines.OpenAsync(folder.File("terminal-1"));

        Assert.That(
            async () => await Scenarios.All[0].Play(new SerialAddress(folder.File("terminal-1")), far, cancellationToken),
            Throws.TypeOf<ContractBrokenException>().With.Message.Contains("in use"));
    }
}
