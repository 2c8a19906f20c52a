using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Debian;

/// <summary>The packages as an administrator meets them.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed partial class DebianPackageTests
{
    private const double WorstExposure = 2.0;

    [Test]
    [CancelAfter(600_000)]
    public async Task Packages_have_nothing_that_lintian_complains_about(CancellationToken cancellationToken)
    {
        var lintian = Engines.Require("lintian", "apt-get install lintian");

        var ended = await Tool.RunAsync(
            lintian, ["--allow-root", "--fail-on", "error,warning", await DebianPackages.AgentAsync(), await DebianPackages.ServerAsync()], cancellationToken);

        Assert.That(ended.ExitCode, Is.Zero, ended.Output);
    }

    [Test]
    [CancelAfter(600_000)]
    public async Task Units_of_the_packages_are_sound_and_hardened(CancellationToken cancellationToken)
    {
        Engines.Require("systemd-analyze", "apt-get install systemd");
        await using var system = await ScratchSystem.RequireAsync(cancellationToken);
        (await system.ShellAsync($"dpkg -i {await DebianPackages.AgentAsync()} {await DebianPackages.ServerAsync()}", cancellationToken)).Succeeded();

        foreach (var unit in new[] { "fleet-agent@lane1.service", "fleet-server.service" })
        {
            var verified = await system.ShellAsync($"systemd-analyze verify --man=no {unit}", cancellationToken);
            Assert.That(verified.Succeeded(), Is.Empty, unit);
            var security = await system.ShellAsync($"systemd-analyze security --offline=true --no-pager {unit}", cancellationToken);
            var exposure = double.Parse(Exposure().Match(security.Succeeded()).Groups["level"].ValueSpan, CultureInfo.InvariantCulture);
            Assert.That(exposure, Is.LessThanOrEqualTo(WorstExposure), security.Output);
        }

        Assert.That((await system.ShellAsync("fleet-agent version && fleet-server version && posctl --help", cancellationToken)).Succeeded(), Does.Contain("fleet-agent 0.").And.Contain("fleet-server 0."));
        Assert.That((await system.ShellAsync("id fleet-agent && id fleet-server", cancellationToken)).Succeeded(), Does.Contain("dialout"));
        Assert.That((await system.ShellAsync("mkdir -p /var/lib/fleet-server && echo x > /var/lib/fleet-server/ledger && dpkg -P fleet-server && cat /var/lib/fleet-server/ledger", cancellationToken)).Succeeded(), Does.Contain("is left"));
    }

    [Test]
    [CancelAfter(600_000)]
    public async Task Agent_is_upgraded_under_a_running_payment_and_a_purge_leaves_unsent_money(CancellationToken cancellationToken)
    {
        await using var system = await ScratchSystem.RequireAsync(cancellationToken);
        var package = await DebianPackages.AgentAsync();
        (await system.ShellAsync($"dpkg -i {package}", cancellationToken)).Succeeded();
        using var acquirer = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions { Tid = "29001234", Host = acquirer, Line = new TerminalLineOptions { TcpPort = 0 }, CustomerDelay = TimeSpan.FromSeconds(3) }, cancellationToken);
        var port = FreePort();
        (await system.ShellAsync(
            "cat > /etc/fleet-agent/lane1.yaml && systemctl start fleet-agent@lane1.service",
            cancellationToken,
            $"terminal: {{ address: \"tcp://{terminal.LineName.Replace("tcp://", string.Empty, StringComparison.Ordinal)}\" }}\ntill: {{ endpoint: \"tcp://127.0.0.1:{port}\" }}\n")).Succeeded();
        await using var till = new SimulatedTill(new TillOptions { Name = "till", Port = port });
        await ApprovedAsync(till, 100, "a sale through the installed agent", cancellationToken);
        await Eventually.TrueAsync(() => terminal.Display[0] == "READY", "the terminal is idle again");

        var running = till.SellAsync(1_234, cancellationToken, cancellationToken);
        await Eventually.TrueAsync(() => terminal.Display[0] != "READY", "the customer is asked for the card");
        var upgrade = $"cd /tmp && rm -rf next && dpkg-deb -R {package} next && sed -i 's/^Version: .*/Version: 0.1.1/' next/DEBIAN/control && dpkg-deb -Znone -b next next.deb && dpkg -i next.deb";
        (await system.ShellAsync("systemctl list-units >/dev/null; " + upgrade, cancellationToken)).Succeeded();

        Assert.That((await running).Outcome, Is.EqualTo(TillOutcome.Approved), "the payment that ran during the upgrade");
        await ApprovedAsync(till, 50, "a sale after the upgrade", cancellationToken);
        var asked = (await system.ShellAsync("cat /manager.log", cancellationToken)).Succeeded();
        Assert.That(asked.LastIndexOf("stop fleet-agent@lane1", StringComparison.Ordinal), Is.GreaterThan(0).And.LessThan(asked.LastIndexOf("start fleet-agent@lane1", StringComparison.Ordinal)));

        (await system.ShellAsync("install -d -o fleet-agent -m 0700 /var/lib/fleet-agent/never-used && dpkg -r fleet-agent", cancellationToken)).Succeeded();
        var purged = await system.ShellAsync("dpkg -P fleet-agent && ls /var/lib/fleet-agent /var/lib/fleet-agent/lane1", cancellationToken);
        Assert.That(purged.Succeeded(), Does.Contain("lane1 is left").And.Contain("journal.key").And.Not.Contain("never-used"));
        Assert.That((await system.ShellAsync("ls -d /etc/fleet-agent /usr/lib/fleet-agent", cancellationToken)).ExitCode, Is.Not.Zero, "the rest is gone");

        var again = await system.ShellAsync($"dpkg -i {package} && runuser -u fleet-agent -- fleet-agent journal --json --data /var/lib/fleet-agent/lane1", cancellationToken);
        Assert.That(again.Succeeded(), Does.Contain("1384"), "and the money is still there");
    }

    private static Task ApprovedAsync(SimulatedTill till, long amount, string what, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () => (await till.SellAsync(amount, cancellationToken, cancellationToken)).Outcome == TillOutcome.Approved, what, TimeSpan.FromMinutes(1));

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex(@"Overall exposure level for \S+: (?<level>[0-9.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Exposure();
}
