using System.Net;
using Fleet.Server.Hosting;
using Fleet.Testing;
using Microsoft.Extensions.Configuration;

namespace Fleet.Server.Tests.Hosting;

[TestFixture]
internal sealed class ServerSettingsTests
{
    [Test]
    public void Nothing_set_gives_loopback_and_the_known_ports()
    {
        var settings = ServerSettings.Read(Configuration(), out var faults)!;

        Assert.Multiple(() =>
        {
            Assert.That(faults, Is.Empty);
            Assert.That(settings.Operators, Is.EqualTo(new DoorSettings(IPAddress.Loopback, 8443)));
            Assert.That(settings.Agents, Is.EqualTo(new DoorSettings(IPAddress.Loopback, 8883)));
            Assert.That(settings.Enrollment, Is.EqualTo(new DoorSettings(IPAddress.Loopback, 8444)));
            Assert.That(settings.PlaintextPort, Is.Null);
            Assert.That(settings.Reflection, Is.True);
            Assert.That(settings.CertificateNames, Is.EqualTo(new[] { "localhost", "127.0.0.1", "::1" }));
        });
    }

    [Test]
    public void Every_fault_is_told_with_its_key()
    {
        ServerSettings.Read(
            Configuration(
                ("Operators:Port", "84430"), ("Agents:Address", "everywhere"), ("Enrollment:CertificateLifetime", "soon"),
                ("Operators:Reflection", "maybe"), ("Tls:PublicHost", "not a host"), ("Log:Level", "Loud"), ("Agents:Maximum", "0")),
            out var faults);

        Assert.That(
            faults.Select(static f => f.Key),
            Is.EquivalentTo(new[]
            {
                "Operators:Port", "Agents:Address", "Enrollment:CertificateLifetime", "Operators:Reflection", "Tls:PublicHost", "Log:Level", "Agents:Maximum",
            }));
        Assert.That(faults.Single(static f => f.Key == "Operators:Port").Text, Does.Contain("'84430'").And.Contain("65535"));
    }

    [Test]
    public void Misspelt_key_is_a_fault_with_a_hint()
    {
        var settings = ServerSettings.Read(Configuration(("Agents:Prot", "1883"), ("Colour", "blue")), out var faults);

        Assert.That(settings, Is.Null);
        Assert.That(faults.Select(static f => f.ToString()), Is.EquivalentTo(new[] { "Agents:Prot: no such setting; Agents:Port?", "Colour: no such setting" }));
    }

    [Test]
    public void Two_doors_on_one_port_are_a_fault()
    {
        ServerSettings.Read(Configuration(("Operators:Port", "9000"), ("Agents:Port", "9000")), out var faults);

        Assert.That(faults.Single().ToString(), Is.EqualTo("Agents:Port: port 9000 is already that of Operators:Port"));
    }

    [Test]
    public void Port_zero_may_be_given_to_all()
    {
        var settings = ServerSettings.Read(Configuration(("Operators:Port", "0"), ("Operators:PlaintextPort", "0"), ("Agents:Port", "0"), ("Enrollment:Port", "0")), out _);

        Assert.That(settings!.PlaintextPort, Is.Zero);
    }

    [Test]
    public void Reflection_is_off_by_default_where_others_can_reach_the_door()
    {
        var settings = ServerSettings.Read(Configuration(("Operators:Address", "0.0.0.0")), out _);

        Assert.That(settings!.Reflection, Is.False);
    }

    [TestCase("Tls:Names", "fleet.example.com, 192.0.2.7")]
    [TestCase("Tls:Names:0", "fleet.example.com", "Tls:Names:1", "192.0.2.7")]
    public void Names_come_as_one_text_or_as_a_list(params string[] pairs)
    {
        var settings = ServerSettings.Read(Configuration(pairs.Chunk(2).Select(static p => (p[0], p[1])).ToArray()), out var faults);

        Assert.That(faults, Is.Empty);
        Assert.That(settings!.Names, Is.EqualTo(new[] { "fleet.example.com", "192.0.2.7" }));
    }

    [Test]
    public void Command_line_wins_over_the_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("server.json"), """{"Agents": {"Port": 1}, "Operators": {"Port": 2}}""");

        var configuration = SettingSources.Open(folder.File("server.json"), ["Agents:Port=3"], []);
        var settings = ServerSettings.Read(configuration, out _);

        Assert.That((settings!.Agents.Port, settings.Operators.Port), Is.EqualTo((3, 2)));
    }

    [Test]
    public void Unreadable_sources_are_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("server.json"), "{ \"Agents\": ");
        var faults = new List<SettingFault>();

        SettingSources.Open(folder.File("absent.json"), ["Agents:Port"], faults);
        SettingSources.Open(folder.File("server.json"), [], faults);

        Assert.That(faults.Select(static f => f.Key), Is.EqualTo(new[] { "--config", "--set", "--config" }));
        Assert.That(faults[^1].Text, Does.Contain("server.json"));
    }

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
