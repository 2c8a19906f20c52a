using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The agent as a Windows service, from its installation to its removal.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class WindowsServiceTests
{
    private const byte TerminalDoesNotAnswer = 0xA1;

    [Test]
    [CancelAfter(300_000)]
    public async Task Service_is_installed_serves_finishes_a_running_payment_and_is_removed_with_its_data_left(CancellationToken cancellationToken)
    {
        await using var lane = await WindowsLane.StartAsync("COM6", TimeSpan.FromSeconds(4), cancellationToken);
        var port = FreePort();
        await File.WriteAllTextAsync(
            lane.File("agent.yaml"), $"terminal: {{ address: \"serial://COM6\" }}\ntill: {{ endpoint: \"tcp://127.0.0.1:{port}\" }}\n", cancellationToken);
        string[] which = ["--name", "lane1", "--config", Wine.PathOf(lane.File("agent.yaml")), "--data", lane.WindowsData];

        var installed = await lane.RunAsync(cancellationToken, ["service", "install", .. which]);
        Assert.That(installed.Succeeded(), Does.Contain("fleet-agent-lane1 is installed and starts"));
        await Eventually.TrueAsync(async () => (await StatusAsync()).Output.Contains("running", StringComparison.Ordinal), "the service runs");
        var twice = await lane.RunAsync(cancellationToken, ["service", "install", .. which]);
        Assert.That((twice.ExitCode, twice.Output.Contains("exists already", StringComparison.Ordinal)), Is.EqualTo((1, true)), twice.Output);

        await using var till = new SimulatedTill(new TillOptions { Name = "till", Port = port });

        // The service runs before the terminal has answered; until then a till hears that it does not.
        var first = await till.SellAsync(100, cancellationToken, cancellationToken);
        await Eventually.TrueAsync(
            async () =>
            {
                if (first.ResultCode == TerminalDoesNotAnswer)
                {
                    first = await till.SellAsync(100, cancellationToken, cancellationToken);
                }

                return first.ResultCode != TerminalDoesNotAnswer;
            },
            "the terminal to answer");
        Assert.That(first.Outcome, Is.EqualTo(TillOutcome.Approved), $"a sale through the service: {first}");
        await Eventually.TrueAsync(() => lane.Terminal.Display[0] == "READY", "the terminal is idle again");
        var running = till.SellAsync(1_234, cancellationToken, cancellationToken);
        await Eventually.TrueAsync(() => lane.Terminal.Display[0] != "READY", "the customer is asked for the card");
        var removed = await lane.RunAsync(cancellationToken, ["service", "uninstall", .. which]);

        Assert.That(removed.Succeeded(), Does.Contain("is removed"));
        Assert.That((await running).Outcome, Is.EqualTo(TillOutcome.Approved), "the payment that ran when the service was stopped");
        Assert.That((await StatusAsync()).Output, Does.Contain("not installed"));
        var key = await File.ReadAllBytesAsync(Path.Combine(lane.Data, "journal.key"), cancellationToken);
        Assert.That(key, Has.Length.GreaterThan(32), "the journal's key is wrapped");
        Assert.That(await lane.JournalAsync(cancellationToken), Does.Contain("1334"));

        Task<Ended> StatusAsync() => lane.RunAsync(cancellationToken, ["service", "status", .. which]);
    }

    [Test]
    [CancelAfter(300_000)]
    public async Task Service_switch_outside_the_service_manager_says_so(CancellationToken cancellationToken)
    {
        var wine = await Wine.RequireAsync();
        var program = await WindowsBuild.AgentAsync();

        var ended = await wine.RunAsync(cancellationToken, program, "run", "--service", "fleet-agent-x", "--data", @"C:\nowhere");

        Assert.That(ended.ExitCode, Is.EqualTo(1));
        Assert.That(ended.Output, Does.Contain("sc start"));
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
