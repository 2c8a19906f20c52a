using System.Runtime.Versioning;
using Fleet.Contracts.Link.V1;
using Fleet.Serial;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Till;

/// <summary>A till on a second serial port.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class SerialTillTests
{
    private static readonly ZvtTimers Timers = new() { T1 = TimeSpan.FromMilliseconds(200), T2 = TimeSpan.FromMilliseconds(400), T3 = TimeSpan.FromSeconds(5) };

    [Test]
    public async Task Till_on_a_serial_port_pays_and_is_served_again_after_its_cable_was_out()
    {
        using var folder = new TemporaryFolder();
        await using var cable = PseudoTerminal.Create(folder.File("till"), new SerialPortOptions());
        await using var lane = await LaneWorld.StartAsync(l => l.TillSettings.SerialPort = "serial://" + cable.Link);
        await PayAsync(cable);
        await cable.UnplugAsync();
        cable.Replug();
        await PayAsync(cable);
        Assert.That(lane.Journal.Entries.Count(static e => e.Transaction?.Outcome == TransactionOutcome.Approved), Is.EqualTo(2));
        lane.AssertAgreement();
    }

    private static async Task PayAsync(PseudoTerminal cable)
    {
        await using var link = new ZvtSerialLink(cable.Port, new ZvtLinkOptions { Timers = Timers }, TimeProvider.System);
        var dialogue = new EcrDialogue(link, Timers, TimeProvider.System);
        EcrOutcome? outcome = null;
        await Eventually.TrueAsync(
            async () =>
            {
                // Until the agent has opened its end nobody acknowledges, and a payment that nobody has is asked for again.
                outcome = await dialogue.RunAsync(new Registration { Config = (ConfigByte)0x3E }, DelegateEcrHandler.Default, CancellationToken.None);
                return outcome.Kind == EcrOutcomeKind.Completed;
            },
            "registered");
        outcome = await dialogue.RunAsync(new Authorisation { Amount = 1234, Currency = 978 }, DelegateEcrHandler.Default, CancellationToken.None);
        Assert.That(outcome.Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }
}
