using Fleet.Agent.Hosting;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Hosting;

/// <summary>The agent as an instance of systemd, on the file system of a system that is not running.</summary>
[Platform(Include = "Linux")]
public sealed class ServiceInstallationTests
{
    [Test]
    public async Task Without_a_package_unit_account_and_rule_are_written_and_the_instance_is_enabled()
    {
        Engines.Require("systemctl", "apt-get install systemd");
        using var root = new TemporaryFolder();

        Assert.That(await ServiceAsync(root, "install"), Is.Zero);
        Assert.That(await File.ReadAllTextAsync(root.File("etc/systemd/system/fleet-agent@.service")), Does.Contain("fleet-agent.dll run --config /etc/fleet-agent/%i.yaml"));
        Assert.That(File.Exists(root.File("etc/udev/rules.d/70-fleet-agent.rules")) && File.Exists(root.File("etc/sysusers.d/fleet-agent.conf")), Is.True);
        Assert.That(new FileInfo(root.File("etc/systemd/system/multi-user.target.wants/fleet-agent@lane1.service")).LinkTarget, Is.Not.Null);
        Assert.That(await ServiceAsync(root, "status"), Is.Zero);

        Assert.That(await ServiceAsync(root, "uninstall"), Is.Zero);
        Assert.That(await ServiceAsync(root, "status"), Is.EqualTo(1));
    }

    [Test]
    public async Task Unit_of_a_package_is_left_alone()
    {
        Engines.Require("systemctl", "apt-get install systemd");
        using var root = new TemporaryFolder();
        Directory.CreateDirectory(root.File("lib/systemd/system"));
        await File.WriteAllTextAsync(root.File("lib/systemd/system/fleet-agent@.service"), "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n");

        Assert.That(await ServiceAsync(root, "install"), Is.Zero);
        Assert.That(File.Exists(root.File("etc/systemd/system/fleet-agent@.service")), Is.False);
    }

    [TestCase("../etc")]
    [TestCase("")]
    [TestCase("a b")]
    public async Task Name_that_is_no_name_is_a_usage_error(string name)
    {
        Assert.That(await AgentCommandLine.RunAsync(["service", "status", "--name", name], CancellationToken.None), Is.EqualTo(AgentCommandLine.UsageExitCode));
    }

    [Test]
    public void Ports_say_what_they_are_and_what_to_configure()
    {
        using var output = new StringWriter();

        PortsCommand.Print([new("/dev/ttyACM0", "/dev/serial/by-id/usb-A", "Ingenico payment terminal", "0b00:0054", "Ingenico", "Desk 5000", "123", "cdc_acm")], output);
        PortsCommand.Print([], output);

        Assert.That(output.ToString(), Is.EqualTo("""
            /dev/ttyACM0
              is          Ingenico payment terminal (0b00:0054 Ingenico Desk 5000 123)
              configure   serial:///dev/serial/by-id/usb-A?baud=9600&stop=2
            No serial port is attached. Check cable and power of the terminal.

            """));
    }

    private static Task<int> ServiceAsync(TemporaryFolder root, string verb) =>
        AgentCommandLine.RunAsync(["service", verb, "--name", "lane1", "--root", root.Path, .. verb == "install" ? new[] { "--no-start" } : []], CancellationToken.None);
}
