using System.Text.Json;
using Fleet.Testing;

namespace Fleet.Server.Tests.Hosting;

/// <summary>The server as a person or a script meets it: a process with arguments, lines, signals and exit codes.</summary>
[TestFixture]
internal sealed class ServerProcessTests
{
    private static readonly string[] FreePorts = ["--set", "Operators:Port=0", "--set", "Agents:Port=0", "--set", "Enrollment:Port=0"];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    [Platform(Exclude = "Win")]
    public async Task First_start_makes_everything_tells_what_to_do_and_stops_in_order()
    {
        using var first = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]);
        await first.LineAsync("READY ");
        var told = string.Join('\n', first.Output);

        Assert.Multiple(() =>
        {
            Assert.That(told, Does.Contain("First start").And.Contain("posctl").And.Contain("buf curl").And.Contain("Back up"));
            Assert.That(told, Does.Not.Contain(File.ReadAllText(_folder.File("operator.token")).Trim()), "the token is in its file, not on the screen");
            Assert.That(File.Exists(_folder.File("fleet.db")) && File.Exists(_folder.File("setup.json")), Is.True);
        });

        first.Signal("TERM");
        Assert.That(await first.ExitAsync(), Is.Zero, first.AllText);

        using var second = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]);
        await second.LineAsync("READY ");
        Assert.That(string.Join('\n', second.Output), Does.Contain("Everything was there").And.Not.Contain("Next, on this machine"));
        second.Signal("TERM");
        Assert.That(await second.ExitAsync(), Is.Zero);
    }

    [Test]
    public async Task Ready_line_and_endpoints_file_name_the_same_open_ports()
    {
        using var server = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]);
        await server.LineAsync("READY ");
        using var endpoints = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("endpoints.json")));
        var ready = server.Output.Single(static l => l.StartsWith("READY ", StringComparison.Ordinal));

        Assert.Multiple(() =>
        {
            foreach (var door in new[] { "operators", "agents", "enrollment" })
            {
                var address = new Uri(endpoints.RootElement.GetProperty(door).GetString()!);
                Assert.That(address.Port, Is.GreaterThan(0), door);
                Assert.That(ready, Does.Contain($"{door}={address.GetLeftPart(UriPartial.Authority)}"));
            }
        });
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Killed_server_starts_again_on_the_same_directory()
    {
        using (var first = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]))
        {
            await first.LineAsync("READY ");
            first.Signal("KILL");
            await first.ExitAsync();
        }

        using var second = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]);
        await second.LineAsync("READY ");

        Assert.That(string.Join('\n', second.Output), Does.Contain("Everything was there"));
    }

    [Test]
    public async Task Three_mistakes_in_the_settings_are_all_told_with_their_keys()
    {
        await File.WriteAllTextAsync(_folder.File("server.json"), """{"Agents": {"Port": "mqtt", "Prot": 1}, "Operators": {"Address": "here"}}""");

        var (code, text) = await RunAsync("run", "--data", _folder.File("data"), "--config", _folder.File("server.json"));

        Assert.That(code, Is.EqualTo(2));
        Assert.That(text, Does.Contain("3 faults").And.Contain("Agents:Port: 'mqtt'").And.Contain("Agents:Prot: no such setting").And.Contain("Operators:Address: 'here'"));
        Assert.That(Directory.Exists(_folder.File("data")), Is.False, "nothing is made before the settings are right");
    }

    [TestCase("run", "--dta", "x")]
    [TestCase("serve")]
    [TestCase]
    public async Task Wrong_command_line_is_exit_code_2(params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);

        Assert.That(code, Is.EqualTo(2), text);
    }

    [Test]
    public async Task Port_in_use_is_told_in_one_line()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        var (code, text) = await RunAsync(["run", "--data", _folder.Path, .. FreePorts, "--set", $"Agents:Port={port}"]);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(text, Does.Contain($"{port}").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Second_server_on_the_directory_is_refused()
    {
        using var first = ChildProcess.Server(["run", "--data", _folder.Path, .. FreePorts]);
        await first.LineAsync("READY ");

        var (code, text) = await RunAsync(["run", "--data", _folder.Path, .. FreePorts]);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(text, Does.Contain("another fleet-server"));
    }

    [Test]
    public async Task Further_operator_gets_a_token_of_his_own_while_the_server_is_stopped()
    {
        string admin;
        await using (var first = await ServerWorld.StartServerAsync(_folder.File("data")))
        {
            admin = (await File.ReadAllTextAsync(first.Data.OperatorToken)).Trim();
            var (busy, told) = await RunAsync("operator-token", "--data", _folder.File("data"), "--name", "anna");
            Assert.That((busy, told.Contains("another fleet-server", StringComparison.Ordinal)), Is.EqualTo((1, true)));
        }

        var (code, text) = await RunAsync("operator-token", "--data", _folder.File("data"), "--name", "anna");
        Assert.That(code, Is.Zero, text);
        var anna = (await File.ReadAllTextAsync(_folder.File("data/operator-anna.token"))).Trim();
        await using var second = await ServerWorld.StartServerAsync(_folder.File("data"));
        var trust = (Server.Trust.FleetTrust)second.Services.GetService(typeof(Server.Trust.FleetTrust))!;

        Assert.That((trust.Operators.WhoIs(anna), trust.Operators.WhoIs(admin)), Is.EqualTo(("anna", "admin")));
        Assert.That(text, Does.Not.Contain(anna));
    }

    [TestCase("--data", "nowhere")]
    [TestCase("--data", ".", "--name", "../x")]
    public async Task Operator_token_for_nothing_is_refused(params string[] arguments)
    {
        var (code, text) = await RunAsync(["operator-token", .. arguments]);

        Assert.That(code, Is.EqualTo(1), text);
    }

    [Test]
    public async Task Version_and_help_are_exit_code_0()
    {
        Assert.That(await RunAsync("version"), Is.EqualTo((0, "fleet-server 0.1.0")));
        var (code, text) = await RunAsync("run", "--help");
        Assert.That((code, text.Contains("--data", StringComparison.Ordinal) && text.Contains("FLEET_SERVER_", StringComparison.Ordinal)), Is.EqualTo((0, true)));
    }

    private static Task<(int Code, string Text)> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "fleet-server.dll"), .. arguments]);
}
