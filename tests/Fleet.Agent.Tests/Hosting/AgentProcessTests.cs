using System.Net.Sockets;
using Fleet.Agent.Health;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Hosting;

/// <summary>The program as a person or a service manager meets it.</summary>
[CancelAfter(120_000)]
[Platform(Include = "Linux")]
public sealed class AgentProcessTests
{
    private TemporaryFolder _folder = null!;

    private string Data => _folder.File("data");

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("run", "--bogus")]
    [TestCase("enroll")]
    [TestCase("status", "--bogus")]
    [TestCase("dance")]
    public async Task Wrong_command_line_is_exit_code_two(params string[] arguments)
    {
        using var agent = Start(arguments);

        Assert.That(await agent.ExitAsync(CancellationToken.None), Is.EqualTo(2));
        Assert.That(await agent.ErrorAsync(CancellationToken.None), Is.Not.Empty);
    }

    [Test]
    public async Task Settings_with_three_mistakes_report_all_three(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_folder.File("agent.yaml"), "data: x\nterminal: { address: nowhere }\nuplink: { inFlight: many }\nlink: { keepAliv: 3s }\n", cancellationToken);
        using var agent = Start("run", "--config", _folder.File("agent.yaml"));

        Assert.That(await agent.ExitAsync(cancellationToken), Is.EqualTo(2));
        var error = await agent.ErrorAsync(cancellationToken);
        Assert.That(error, Does.Contain("3 faults").And.Contain("terminal.address").And.Contain("uplink.inFlight").And.Contain("link.keepAliv: no such setting; link.keepAlive?"));
    }

    [Test]
    public async Task Sighup_takes_a_good_file_and_refuses_a_bad_one(CancellationToken cancellationToken)
    {
        const string Good = "terminal: { address: 'tcp://127.0.0.1:1' }\ntill: { endpoint: 'tcp://127.0.0.1:0', language: en }\n";
        await File.WriteAllTextAsync(_folder.File("agent.yaml"), Good, cancellationToken);
        // Whoever runs the tests under nohup hands down that the signal is ignored, and a program keeps to that.
        using var agent = ChildProcess.Run("env", ["--default-signal=HUP", "dotnet", AgentProgram, "run", "--config", _folder.File("agent.yaml"), "--data", Data]);
        await StatusAsync(cancellationToken);

        await File.WriteAllTextAsync(_folder.File("agent.yaml"), Good + "lgo: { level: debug }\n", cancellationToken);
        agent.Signal("HUP");
        Assert.That(await LineWithAsync(agent, "Settings were read again", cancellationToken), Does.Contain("1 faults").And.Contain("lgo.level"));
        await File.WriteAllTextAsync(_folder.File("agent.yaml"), Good.Replace("language: en", "language: de", StringComparison.Ordinal), cancellationToken);
        agent.Signal("HUP");
        Assert.That(await LineWithAsync(agent, "Settings were read again", cancellationToken), Does.Contain("changed till.language"));

        agent.Signal("TERM");
        Assert.That(await agent.ExitAsync(cancellationToken), Is.Zero);
    }

    [Test]
    public async Task Running_agent_is_traced_collects_diagnostics_and_believes_no_unsigned_file(CancellationToken cancellationToken)
    {
        using var agent = Start(
            "run", "--data", Data, "--set", "terminal.address=tcp://127.0.0.1:1", "--set", "till.endpoint=tcp://127.0.0.1:0", "--set", "terminal.password=123456");
        await StatusAsync(cancellationToken);

        Assert.That(await SayAsync(0, cancellationToken, "trace", "on", "--data", Data), Does.Contain("Everything is logged").And.Contain(Path.Combine(Data, "trace", "terminal.jsonl")));
        Assert.That(await SayAsync(0, cancellationToken, "reload", "--data", Data), Does.Contain("nothing changed"));
        await File.WriteAllBytesAsync(_folder.File("command"), [1, 2, 3], cancellationToken);
        Assert.That(await SayAsync(1, cancellationToken, "apply", _folder.File("command"), "--data", Data), Does.Contain("no signed command"));
        await SayAsync(0, cancellationToken, "diagnostics", "--data", Data, "--out", _folder.File("bundle.zip"));
        await using var bundle = await System.IO.Compression.ZipFile.OpenReadAsync(_folder.File("bundle.zip"), cancellationToken);
        using var settings = new StreamReader(await bundle.GetEntry("settings.txt")!.OpenAsync(cancellationToken));
        Assert.That(await settings.ReadToEndAsync(cancellationToken), Does.Contain("terminal.password: (left out)").And.Not.Contain("123456"));
        Assert.That(bundle.Entries.Select(static e => e.Name), Is.SupersetOf(new[] { "about.txt", "status.json", "journal.txt", "log.txt", "commands.txt", "trace.jsonl" }));

        agent.Signal("TERM");
        Assert.That(await agent.ExitAsync(cancellationToken), Is.Zero);
        Assert.That(await SayAsync(1, cancellationToken, "trace", "off", "--data", Data), Does.Contain("no agent answers"));
    }

    [Test]
    public async Task Agent_starts_answers_its_status_and_stops_at_sigterm_with_zero(CancellationToken cancellationToken)
    {
        using var agent = Start("run", "--data", Data, "--set", "terminal.address=tcp://127.0.0.1:1", "--set", "till.endpoint=tcp://127.0.0.1:0");
        var status = await StatusAsync(cancellationToken);

        Assert.That(status.Lines.Select(static l => l.Name), Is.SupersetOf(new[] { "agent.terminal", "terminal.line", "gate.state", "commands.open", "link.state", "journal.unsent" }));
        using (var asked = Start("status", "--data", Data))
        {
            Assert.That(await asked.ExitAsync(cancellationToken), Is.Zero);
            Assert.That(await asked.Output.ReadToEndAsync(cancellationToken), Does.Contain("not enrolled").And.Contain("Payments"));
        }

        agent.Signal("TERM");
        Assert.That(await agent.ExitAsync(cancellationToken), Is.Zero);
        Assert.That(File.Exists(StatusPort.PathOf(Data)), Is.False);
    }

    [Test]
    public async Task Second_agent_on_the_same_data_is_refused_with_the_reason(CancellationToken cancellationToken)
    {
        string[] arguments = ["run", "--data", Data, "--set", "terminal.address=tcp://127.0.0.1:1", "--set", "till.endpoint=tcp://127.0.0.1:0"];
        using var first = Start(arguments);
        await StatusAsync(cancellationToken);

        using var second = Start(arguments);

        Assert.That(await second.ExitAsync(cancellationToken), Is.EqualTo(1));
        Assert.That(await second.ErrorAsync(cancellationToken), Does.Contain("another agent"));
    }

    [Test]
    public async Task Service_manager_hears_ready_watchdog_and_stopping(CancellationToken cancellationToken)
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(_folder.File("notify")));
        using var agent = ChildProcess.Run(
            "env", $"NOTIFY_SOCKET={_folder.File("notify")}", "WATCHDOG_USEC=300000", "dotnet", AgentProgram, "run", "--data", Data,
            "--set", "terminal.address=tcp://127.0.0.1:1", "--set", "till.endpoint=tcp://127.0.0.1:0");

        Assert.That(await HearAsync(manager, cancellationToken), Does.StartWith("READY=1"));
        Assert.That(await HearAsync(manager, cancellationToken), Is.EqualTo("WATCHDOG=1"));
        agent.Signal("TERM");
        string heard;
        do
        {
            heard = await HearAsync(manager, cancellationToken);
        }
        while (heard == "WATCHDOG=1");

        Assert.That(heard, Does.StartWith("STOPPING=1"));
        Assert.That(await agent.ExitAsync(cancellationToken), Is.Zero);
    }

    private static string AgentProgram => typeof(StatusPort).Assembly.Location;

    private static ChildProcess Start(params string[] arguments) => ChildProcess.Run("dotnet", [AgentProgram, .. arguments]);

    private async Task<StatusDocument> StatusAsync(CancellationToken cancellationToken)
    {
        StatusDocument? status = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    status = await StatusClient.AskAsync(Data, cancellationToken);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "the agent answers");
        return status!;
    }

    private static async Task<string> HearAsync(Socket manager, CancellationToken cancellationToken)
    {
        var buffer = new byte[512];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, cancellationToken));
    }

    private static async Task<string> LineWithAsync(ChildProcess agent, string text, CancellationToken cancellationToken)
    {
        while (await agent.Output.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        return string.Empty;
    }

    private static async Task<string> SayAsync(int exitCode, CancellationToken cancellationToken, params string[] arguments)
    {
        using var asked = Start(arguments);
        var output = asked.Output.ReadToEndAsync(cancellationToken);
        var error = asked.ErrorAsync(cancellationToken);
        Assert.That(await asked.ExitAsync(cancellationToken), Is.EqualTo(exitCode));
        return await output + await error;
    }
}
