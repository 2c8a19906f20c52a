using Fleet.Agent.Hosting;
using Fleet.Agent.Hosting.Settings;
using Fleet.Testing;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Tests.Hosting;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RunningSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogLevelSwitch _level = new(LogLevel.Information);

    public void Dispose() => _folder.Dispose();

    [Test]
    public void File_that_changed_is_put_in_force_without_a_restart()
    {
        var (running, settings) = Start("till: { language: en, amountCaps: { EUR: 100 } }\nlog: { level: information }");
        Write("till: { language: de, methodsOff: refund }\nlog: { level: debug }");

        var result = settings.Reload();

        Assert.Multiple(() =>
        {
            Assert.That(result.Changed, Is.EquivalentTo(new[] { "till.language", "till.methodsOff", "log.level", "till.amountCaps.EUR" }));
            Assert.That(result.NeedRestart, Is.Empty);
            Assert.That((running.Till.Language, _level.Configured), Is.EqualTo(("de", LogLevel.Debug)));
            Assert.That(running.Till.MethodsOff, Is.EqualTo(new[] { "refund" }));
            Assert.That(running.Till.AmountCaps, Is.Empty, "what is no longer set falls back");
        });
    }

    [Test]
    public void File_with_faults_names_every_one_and_changes_nothing()
    {
        var (running, settings) = Start("till: { language: en }");
        Write("till: { language: xx }\nlog: { levle: debug }\nuplink: { inFlight: many }");

        var result = settings.Reload();

        Assert.That(result.Faults.Select(static f => f.Key), Is.EquivalentTo(new[] { "log.levle", "uplink.inFlight", "till.language" }));
        Assert.That(running.Till.Language, Is.EqualTo("en"));
    }

    [Test]
    public void File_of_ten_megabytes_changes_nothing()
    {
        var (running, settings) = Start("till: { language: de }");
        Write("till: { language: fr }\n#" + new string('x', 10 * 1024 * 1024));
        var result = settings.Reload();

        Assert.That(result.Faults, Is.Not.Empty);
        Assert.That(running.Till.Language, Is.EqualTo("de"));
    }

    [Test]
    public void Key_that_needs_a_restart_is_named()
    {
        var (_, settings) = Start("till: { language: en }");
        Write("till: { language: en, endpoint: 'tcp://127.0.0.1:20010' }");

        var result = settings.Reload();

        Assert.That(result.NeedRestart, Is.EqualTo(new[] { "till.endpoint" }));
        Assert.That(ReloadService.Text(result), Is.EqualTo("changed till.endpoint; till.endpoint only after a restart"));
    }

    [Test]
    public void Fleet_wins_over_the_file_and_loses_against_environment_and_command_line()
    {
        var (running, settings) = Start("till: { language: en }\nhealth: { heartbeat: 1h }", [KeyValuePair.Create("FLEET_AGENT_HEALTH__HEARTBEAT", "2h")], ["commands.uploadPatience=7s"]);
        KeyValuePair<string, string>[] desired = [new("till.language", "fr"), new("health.heartbeat", "3h"), new("commands.uploadPatience", "9s")];
        Assert.That(settings.Faults(desired), Is.Empty);

        settings.Apply(desired);

        Assert.That((running.Till.Language, running.Health.Heartbeat, running.Commands.UploadPatience), Is.EqualTo(("fr", TimeSpan.FromHours(2), TimeSpan.FromSeconds(7))));
        Assert.That(settings.Report(desired), Is.EqualTo("till.language: fr\nhealth.heartbeat: 2h\ncommands.uploadPatience: 7s"));
        Assert.That(settings.Reload().Changed, Is.Empty, "the fleet's wish survives a reload");
        settings.Apply([]);
        Assert.That(running.Till.Language, Is.EqualTo("en"), "taken back");
    }

    [Test]
    public void Fleet_cannot_change_what_needs_somebody_on_site()
    {
        var (_, settings) = Start("till: { language: en }");

        Assert.That(settings.Faults([new("terminal.address", "tcp://10.0.0.1:1"), new("till.language", "xx")]), Has.Count.EqualTo(2));
        Assert.That(settings.Faults([new("data", "/elsewhere")]), Is.Not.Empty);
    }

    [Test]
    public void Tracing_logs_everything_until_it_is_off()
    {
        Assert.That(_level.Allows("Fleet.Agent.Till", LogLevel.Debug), Is.False);
        _level.IsTracing = true;
        Assert.That(_level.Allows("Fleet.Agent.Till", LogLevel.Debug), Is.True);
        Assert.That(_level.Allows("Fleet.Mqtt.Client", LogLevel.Debug), Is.True);
        _level.IsTracing = false;
        Assert.That(_level.Allows("Fleet.Mqtt.Client", LogLevel.Information), Is.False, "quiet unless somebody looks for a fault");
        Assert.That(_level.Allows("Fleet.Mqtt.Client", LogLevel.Warning), Is.True);
        Assert.That(_level.Allows("Fleet.Agent.Till", LogLevel.Information), Is.True);
    }

    private (AgentSettings Running, RunningSettings Settings) Start(string yaml, IReadOnlyList<KeyValuePair<string, string>>? environment = null, string[]? assignments = null)
    {
        Write(yaml);
        var inputs = new SettingInputs(_folder.File("agent.yaml"), environment ?? [], assignments ?? []);
        var loaded = SettingSources.Read(inputs, [], out var faults);
        Assert.That(faults, Is.Empty);
        var settings = new RunningSettings(loaded.Settings, inputs, _level);
        Assert.That(settings.Values, Is.Not.Null);
        return (loaded.Settings, settings);
    }

    private void Write(string yaml) => File.WriteAllText(_folder.File("agent.yaml"), "data: here\nterminal: { address: 'tcp://127.0.0.1:1' }\n" + yaml.Replace("till:", "till:", StringComparison.Ordinal));
}
