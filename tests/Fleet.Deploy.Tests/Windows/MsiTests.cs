using System.Globalization;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The MSI: installed, running, removed, with what belongs to the shop left in place.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class MsiTests
{
    // One after the other, and each version once.
    private static readonly Dictionary<string, string> Built = new(StringComparer.Ordinal);

    private const string Settings = "terminal: { address: \"serial://COM200\" }\ntill: { endpoint: \"tcp://127.0.0.1:0\" }\n";

    [Test]
    [CancelAfter(600_000)]
    public async Task Msi_asks_windows_to_start_the_agent_again_after_a_failure(CancellationToken cancellationToken)
    {
        var package = await BuildAsync("0.1.0", cancellationToken);

        var actions = await TableAsync(package, "MsiServiceConfigFailureActions", cancellationToken);
        Assert.That(actions[^1].Split('\t'), Is.EqualTo(new[] { "Recovery", "fleet-agent-main", "1", "86400", "", "", "1[~]1[~]1", "1000[~]5000[~]30000", "Program" }));
        Assert.That((await TableAsync(package, "MsiServiceConfig", cancellationToken))[^1].Split('\t'), Is.EqualTo(new[] { "RecoveryAtAnyEnd", "fleet-agent-main", "1", "4", "1", "Program" }));
        var sequence = (await TableAsync(package, "InstallExecuteSequence", cancellationToken)).Skip(3).Select(static l => l.Split('\t')).ToDictionary(static l => l[0], static l => int.Parse(l[2], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        Assert.That(sequence["MsiConfigureServices"], Is.InRange(sequence["InstallServices"] + 1, sequence["StartServices"] - 1));
        Assert.That(sequence["RemoveExistingProducts"], Is.GreaterThan(sequence["InstallInitialize"]).And.LessThan(sequence["InstallFiles"]), "an upgrade that fails is undone");
    }

    [Test]
    [CancelAfter(600_000)]
    public async Task Msi_upgrades_an_installed_agent_and_leaves_settings_and_journal(CancellationToken cancellationToken)
    {
        var wine = await Wine.RequireAsync();
        var (shop, program) = (ShopOf(wine), ProgramOf(wine));
        Directory.CreateDirectory(shop);
        await File.WriteAllTextAsync(Path.Combine(shop, "agent.yaml"), Settings, cancellationToken);
        (await wine.RunAsync(cancellationToken, "msiexec", "/i", Wine.PathOf(await BuildAsync("0.1.0", cancellationToken)), "/qn")).Succeeded();
        await StateAsync(wine, "running", cancellationToken);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(shop, "data", "journal.key")), "the agent has its journal");
        await StopAsync(wine, cancellationToken);
        var key = await File.ReadAllBytesAsync(Path.Combine(shop, "data", "journal.key"), cancellationToken);
        Assert.That(await VersionsAsync(wine, cancellationToken), Is.EqualTo(new[] { "0.1.0" }));

        var next = await BuildAsync("0.1.1", cancellationToken);
        (await wine.RunAsync(cancellationToken, "msiexec", "/i", Wine.PathOf(next), "/qn")).Succeeded();
        await StateAsync(wine, "running", cancellationToken);
        Assert.That(await VersionsAsync(wine, cancellationToken), Is.EqualTo(new[] { "0.1.1" }), "the old one is gone");
        Assert.That(await File.ReadAllTextAsync(Path.Combine(shop, "agent.yaml"), cancellationToken), Is.EqualTo(Settings));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(shop, "data", "journal.key"), cancellationToken), Is.EqualTo(key));
        Assert.That(Directory.GetFiles(Path.Combine(shop, "data"), "*aside*"), Is.Empty, "the journal goes on");

        var older = await wine.RunAsync(cancellationToken, "msiexec", "/i", Wine.PathOf(await BuildAsync("0.1.0", cancellationToken)), "/qn");
        Assert.That(older.ExitCode, Is.Not.Zero, "an older one is refused");
        await StopAsync(wine, cancellationToken);
        (await wine.RunAsync(cancellationToken, "msiexec", "/x", Wine.PathOf(next), "/qn")).Succeeded();
        await Eventually.TrueAsync(() => !File.Exists(program), "the program is gone", TimeSpan.FromMinutes(1));
        Directory.Delete(shop, recursive: true);
    }

    [Test]
    [CancelAfter(600_000)]
    public async Task Msi_installs_a_running_service_and_its_removal_leaves_settings_and_data(CancellationToken cancellationToken)
    {
        var wine = await Wine.RequireAsync();
        var package = Wine.PathOf(await BuildAsync("0.1.0", cancellationToken));
        var (shop, program) = (ShopOf(wine), ProgramOf(wine));
        Directory.CreateDirectory(shop);
        await File.WriteAllTextAsync(Path.Combine(shop, "agent.yaml"), Settings, cancellationToken);

        (await wine.RunAsync(cancellationToken, "msiexec", "/i", package, "/qn")).Succeeded();
        Assert.That(File.Exists(program), Is.True, "the program is there");
        Assert.That(await File.ReadAllTextAsync(Path.Combine(shop, "agent.yaml"), cancellationToken), Is.EqualTo(Settings), "settings of the shop are not replaced");
        await StateAsync(wine, "running", cancellationToken);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(shop, "data", "journal.key")), "the agent has its journal");

        await StopAsync(wine, cancellationToken);
        (await wine.RunAsync(cancellationToken, "msiexec", "/x", package, "/qn")).Succeeded();
        await Eventually.TrueAsync(() => !File.Exists(program), "the program is gone", TimeSpan.FromMinutes(1));
        Assert.That(File.Exists(Path.Combine(shop, "agent.yaml")) && Directory.Exists(Path.Combine(shop, "data", "journal")), Is.True, "settings and data are still there");
        var query = await wine.RunAsync(cancellationToken, "sc", "query", "fleet-agent-main");
        Assert.That(query.ExitCode, Is.Not.Zero, "the service is gone");
    }

    private static string ShopOf(Wine wine) => Path.Combine(wine.DriveC, "ProgramData", "Fleet Agent", "main");

    private static string ProgramOf(Wine wine) => Path.Combine(wine.DriveC, "Program Files", "Fleet Agent", "fleet-agent.exe");

    private static async Task<string> BuildAsync(string version, CancellationToken cancellationToken)
    {
        Engines.Require("wixl", "apt-get install wixl");
        Engines.Require("msibuild", "apt-get install msitools");
        var folder = Checkout.At("artifacts", "test-packages");
        var package = Path.Combine(folder, $"fleet-agent_{version}_x64.msi");
        if (!Built.TryGetValue(version, out _))
        {
            (await Tool.RunAsync(Checkout.At("deploy", "build-msi.sh"), [folder, version], cancellationToken)).Succeeded();
            Built[version] = package;
        }

        return package;
    }

    private static async Task<string[]> TableAsync(string package, string table, CancellationToken cancellationToken) =>
        (await Tool.RunAsync("msiinfo", ["export", package, table], cancellationToken)).Succeeded().Replace("\r", string.Empty, StringComparison.Ordinal).TrimEnd('\n').Split('\n');

    private static async Task StateAsync(Wine wine, string state, CancellationToken cancellationToken) => await Eventually.TrueAsync(
        async () => (await wine.RunAsync(cancellationToken, ProgramOf(wine), "service", "status", "--name", "main")).Output.Contains(state, StringComparison.Ordinal),
        $"the service is {state}",
        TimeSpan.FromMinutes(1));

    // Windows' installer waits until the service has stopped before it touches the program; wine's only asks it to.
    private static async Task StopAsync(Wine wine, CancellationToken cancellationToken)
    {
        (await wine.RunAsync(cancellationToken, "net", "stop", "fleet-agent-main")).Succeeded();
        await StateAsync(wine, "stopped", cancellationToken);
    }

    // What the list of installed programs says.
    private static async Task<List<string>> VersionsAsync(Wine wine, CancellationToken cancellationToken)
    {
        var listed = (await wine.RunAsync(cancellationToken, "reg", "query", @"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall", "/s")).Succeeded();
        return [.. listed.Split('\n').Where(static l => l.Contains("DisplayVersion", StringComparison.Ordinal)).Select(static l => l.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]).Where(static v => v.StartsWith("0.1.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }
}
