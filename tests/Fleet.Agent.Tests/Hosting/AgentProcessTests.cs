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
}
