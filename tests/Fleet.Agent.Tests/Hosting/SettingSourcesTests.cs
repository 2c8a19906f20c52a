using Fleet.Agent.Hosting.Settings;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Hosting;

public sealed class SettingSourcesTests
{
    private const string Complete = """
        data: /var/lib/fleet-agent/lane1
        terminal:
          address: tcp://127.0.0.1:20008
        """;

    [Test]
    public void Three_mistakes_are_reported_together_with_key_and_line()
    {
        var faults = FaultsOf("""
            data: /var/lib/fleet-agent/lane1
            terminal:
              address: serial:/dev/ttyS0
            uplink:
              inFlight: many
            jurnal:
              retention: 30d
            """);

        Assert.That(faults.Select(static f => f.Key), Is.EquivalentTo(new[] { "terminal.address", "uplink.inFlight", "jurnal.retention" }));
        Assert.That(faults.Single(static f => f.Key == "uplink.inFlight").ToString(), Does.Contain("'many' is not a whole number").And.Contain(".yaml:5"));
        Assert.That(faults.Single(static f => f.Key == "jurnal.retention").Text, Is.EqualTo("no such setting; journal.retention?"));
    }

    [Test]
    public void Values_reach_their_rooms()
    {
        var settings = Read(Complete + """

            journal: { retention: 7d, minimumFree: 128MB, reserve: 0 }
            link: { keepAlive: 45s, reconnectMaximum: 5min }
            till:
              endpoint: tcp://127.0.0.1:0
              amountCaps: { eur: 50000 }
            log: { level: debug }
            """, out var faults);

        Assert.That(faults, Is.Empty);
        Assert.Multiple(() =>
        {
            Assert.That(settings.Journal.DataDirectory, Is.EqualTo("/var/lib/fleet-agent/lane1"));
            Assert.That(settings.Journal.Retention, Is.EqualTo(TimeSpan.FromDays(7)));
            Assert.That(settings.Journal.MinimumFreeBytes, Is.EqualTo(128L * 1024 * 1024));
            Assert.That(settings.Journal.ReserveBytes, Is.Zero);
            Assert.That(settings.Link.KeepAlive, Is.EqualTo(TimeSpan.FromSeconds(45)));
            Assert.That(settings.Link.ReconnectMaximum, Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(settings.Till.Endpoint, Is.EqualTo("tcp://127.0.0.1:0"));
            Assert.That(settings.Till.AmountCaps["EUR"], Is.EqualTo(50000));
            Assert.That(settings.LogLevel, Is.EqualTo(Microsoft.Extensions.Logging.LogLevel.Debug));
        });
    }

    [Test]
    public void Command_line_wins_over_environment_and_environment_over_file()
    {
        var settings = Read(
            Complete + "\nlink: { keepAlive: 10s, connectTimeout: 10s, sessionExpiry: 10min }",
            out var faults,
            [new("FLEET_AGENT_LINK__KEEPALIVE", "20s"), new("FLEET_AGENT_LINK__CONNECTTIMEOUT", "20s"), new("FLEET_SERVER_X", "y"), new("FLEET_AGENT_CRASH_AT", "3")],
            ["link.connectTimeout=30s"]);

        Assert.That(faults, Is.Empty);
        Assert.That((settings.Link.SessionExpiry, settings.Link.KeepAlive, settings.Link.ConnectTimeout), Is.EqualTo((TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30))));
    }

    [Test]
    public void Fault_of_a_value_names_where_it_was_set()
    {
        Read(Complete, out var faults, [new("FLEET_AGENT_LINK__KEEPALIVE", "1s")], ["journal.retention", "uplink.inFlight=999"]);

        Assert.That(faults.Select(static f => f.ToString()), Is.EquivalentTo(new[]
        {
            "--set: 'journal.retention' is not KEY=VALUE (command line)",
            "link.keepAlive: 5 seconds to 1 hour (environment variable FLEET_AGENT_LINK__KEEPALIVE)",
            "uplink.inFlight: 1 to 60 (command line)",
        }));
    }

    [Test]
    public void Missing_value_that_is_needed_is_a_fault()
    {
        Assert.That(FaultsOf(string.Empty).Select(static f => f.Key), Is.EquivalentTo(new[] { "terminal.address" }));
    }

    [TestCase("a: [1, 2]", "a single value or a group")]
    [TestCase("a: &x { b: 1 }\nc: *x", "aliases are not supported")]
    [TestCase("data: 1\ndata: 2", "is set twice")]
    [TestCase("just a text", "holds one value")]
    [TestCase("? [a]\n: b", "a name of a setting is expected")]
    public void Yaml_that_is_no_settings_is_a_fault(string yaml, string expected)
    {
        Assert.That(FaultsOf(yaml).Select(static f => f.Text), Has.Some.Contains(expected));
    }

    [Test]
    public void Broken_yaml_names_line_and_column()
    {
        var fault = FaultsOf("data: x\nlink: {keepAlive: 3s\n")[0];

        Assert.That(fault.Key, Is.EqualTo("--config"));
        Assert.That(fault.Source, Does.Match(@"\.yaml:\d+:\d+$"));
    }

    [Test]
    public void Deep_nesting_ends_without_a_crash()
    {
        var faults = FaultsOf(string.Concat(Enumerable.Repeat("{a: ", 5000)) + "1" + new string('}', 5000));

        Assert.That(faults, Is.Not.Empty);
    }

    [Test]
    public void File_that_is_too_large_or_missing_is_a_fault()
    {
        using var folder = new TemporaryFolder();
        var large = folder.File("large.yaml");
        File.WriteAllText(large, new string('#', (int)YamlSettings.MaximumBytes + 1));

        SettingSources.Read(large, [], [], out var tooLarge);
        SettingSources.Read(folder.File("none.yaml"), [], [], out var missing);

        Assert.That(tooLarge[0].Text, Does.Contain("more than"));
        Assert.That(missing[0].Key, Is.EqualTo("--config"));
    }

    [Test]
    public void Ten_megabytes_of_settings_are_refused_by_their_size_without_being_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("large.yaml");
        File.WriteAllText(path, "till: { language: de }\n" + string.Concat(Enumerable.Repeat("a: &a [*a, *a, *a, *a, *a, *a]\n", 10 * 1024 * 1024 / 31)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var loaded = SettingSources.Read(path, [], [], out var faults);

        Assert.That(faults.Select(static f => f.Text), Has.Some.Contains("more than"));
        Assert.That(loaded.Till.Language, Is.EqualTo("en"), "nothing of it is taken");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1024 * 1024));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Any_text_is_read_without_an_exception(string text)
    {
        var faults = new List<SettingFault>();

        Assert.That(() => YamlSettings.Read(text ?? string.Empty, "fuzz", faults), Throws.Nothing);
    }

    [TestCase("500ms", 0.5)]
    [TestCase("30s", 30)]
    [TestCase("5min", 300)]
    [TestCase("5m", 300)]
    [TestCase("12h", 43200)]
    [TestCase("1.5h", 5400)]
    [TestCase("7d", 604800)]
    [TestCase("0", 0)]
    [TestCase("00:01:30", 90)]
    public void Duration_is_read(string text, double seconds)
    {
        Assert.That(SettingText.TryDuration(text, out var duration), Is.True);
        Assert.That(duration.TotalSeconds, Is.EqualTo(seconds));
    }

    [TestCase("")]
    [TestCase("30")]
    [TestCase("-5s")]
    [TestCase("s")]
    [TestCase("1e9h")]
    [TestCase("999999999d")]
    [TestCase("NaNs")]
    public void Duration_that_is_none_is_refused(string text) => Assert.That(SettingText.TryDuration(text, out _), Is.False);

    [TestCase("0", 0)]
    [TestCase("12B", 12)]
    [TestCase("4KB", 4096)]
    [TestCase("1.5 MB", 1572864)]
    public void Size_is_read(string text, long bytes)
    {
        Assert.That(SettingText.TrySize(text, out var size), Is.True);
        Assert.That(size, Is.EqualTo(bytes));
    }

    [TestCase("12")]
    [TestCase("MB")]
    [TestCase("99999999999GB")]
    public void Size_that_is_none_is_refused(string text) => Assert.That(SettingText.TrySize(text, out _), Is.False);

    private static IReadOnlyList<SettingFault> FaultsOf(string yaml)
    {
        Read(yaml, out var faults);
        return faults;
    }

    private static AgentSettings Read(
        string yaml, out IReadOnlyList<SettingFault> faults, KeyValuePair<string, string>[]? environment = null, string[]? assignments = null)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("agent.yaml");
        File.WriteAllText(path, yaml);
        return SettingSources.Read(path, environment ?? [], assignments ?? [], out faults);
    }
}
