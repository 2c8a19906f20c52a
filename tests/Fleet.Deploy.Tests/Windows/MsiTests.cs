using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The MSI: installed, running, removed, with what belongs to the shop left in place.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class MsiTests
{
    [Test]
    [CancelAfter(600_000)]
    public async Task Msi_installs_a_running_service_and_its_removal_leaves_settings_and_data(CancellationToken cancellationToken)
    {
        Engines.Require("wixl", "apt-get install wixl");
        Engines.Require("msibuild", "apt-get install msitools");
        var wine = await Wine.RequireAsync();
        using var folder = new TemporaryFolder();
        (await Tool.RunAsync(Checkout.At("deploy", "build-msi.sh"), [folder.Path, "0.1.0"], cancellationToken)).Succeeded();
        var package = Wine.PathOf(folder.File("fleet-agent_0.1.0_x64.msi"));
        var shop = Path.Combine(wine.DriveC, "ProgramData", "Fleet Agent", "main");
        var program = Path.Combine(wine.DriveC, "Program Files", "Fleet Agent", "fleet-agent.exe");
        Directory.CreateDirectory(shop);
        const string settings = "terminal: { address: \"serial://COM200\" }\ntill: { endpoint: \"tcp://127.0.0.1:0\" }\n";
        await File.WriteAllTextAsync(Path.Combine(shop, "agent.yaml"), settings, cancellationToken);

        (await wine.RunAsync(cancellationToken, "msiexec", "/i", package, "/qn")).Succeeded();
        Assert.That(File.Exists(program), Is.True, "the program is there");
        Assert.That(await File.ReadAllTextAsync(Path.Combine(shop, "agent.yaml"), cancellationToken), Is.EqualTo(settings), "settings of the shop are not replaced");
        Ended? status = null;
        await Eventually.TrueAsync(
            async () => (status = await wine.RunAsync(cancellationToken, program, "service", "status", "--name", "main")).Output.Contains("running", StringComparison.Ordinal),
            "the service runs",
            TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(shop, "data", "journal.key")), "the agent has its journal");

        // Windows' installer waits until the service has stopped before it removes the program; wine's only asks it to.
        (await wine.RunAsync(cancellationToken, "net", "stop", "fleet-agent-main")).Succeeded();
        await Eventually.TrueAsync(
            async () => (status = await wine.RunAsync(cancellationToken, program, "service", "status", "--name", "main")).Output.Contains("stopped", StringComparison.Ordinal),
            "the service has stopped",
            TimeSpan.FromMinutes(1));
        (await wine.RunAsync(cancellationToken, "msiexec", "/x", package, "/qn")).Succeeded();
        await Eventually.TrueAsync(() => !File.Exists(program), "the program is gone", TimeSpan.FromMinutes(1));
        Assert.That(File.Exists(Path.Combine(shop, "agent.yaml")) && Directory.Exists(Path.Combine(shop, "data", "journal")), Is.True, "settings and data are still there");
        var query = await wine.RunAsync(cancellationToken, "sc", "query", "fleet-agent-main");
        Assert.That(query.ExitCode, Is.Not.Zero, "the service is gone");
    }
}
