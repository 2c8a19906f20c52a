using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Simulator.Demo;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.EndToEnd.Tests.Crash;

/// <summary>
/// One lane whose agent is a real process that ends with SIGKILL at a point that the code itself names: terminal on a pseudo terminal,
/// till over TCP, enrolled at the server of a <see cref="Shop"/>.
/// </summary>
internal sealed class CrashLane : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(60);

    private readonly Shop _shop;
    private readonly string _folder;
    private readonly string _name;
    private readonly string _tid;
    private readonly int _tillPort;
    private SimulatedTerminalHost? _terminal;
    private ChildProcess? _agent;

    private CrashLane(Shop shop, string name, int number)
    {
        (_shop, _name) = (shop, name);
        _folder = Path.Combine(shop.World.Folder, name);
        _tid = string.Create(CultureInfo.InvariantCulture, $"2910{number:D4}");
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        _tillPort = ((IPEndPoint)port.LocalEndpoint).Port;
        Directory.CreateDirectory(_folder);
        Till = new SimulatedTill(new TillOptions
        {
            Name = name,
            Port = _tillPort,
            BooksFile = Path.Combine(_folder, "till.jsonl"),
            RetryPause = TimeSpan.FromMilliseconds(50),
        });
    }

    public SimulatedTill Till { get; }

    /// <summary>Resource name of the command that a scenario has given.</summary>
    public string Command { get; private set; } = string.Empty;

    public string LogFile => Path.Combine(_folder, "agent.log");

    public string DataFolder => Path.Combine(_folder, "agent");

    private string ArmFile => Path.Combine(_folder, "armed");

    private string PointsFile => Path.Combine(_folder, "points");

    /// <summary>Registered, enrolled, its agent running and ready.</summary>
    public static async Task<CrashLane> OpenAsync(Shop shop, string name, int number, CancellationToken cancellationToken)
    {
        var lane = new CrashLane(shop, name, number);
        try
        {
            await lane.SetUpAsync(cancellationToken);
            return lane;
        }
        catch
        {
            await lane.DisposeAsync();
            throw;
        }
    }

    /// <summary>The k-th passage of a point from now on is the agent's last; null for no death at all.</summary>
    public void Arm((string Point, int Passage)? death)
    {
        if (death is { } d)
        {
            // In one move, so that the agent never reads half of it.
            File.WriteAllText(ArmFile + ".new", string.Create(CultureInfo.InvariantCulture, $"{d.Point} {d.Passage}"));
            File.Move(ArmFile + ".new", ArmFile);
        }
    }

    public void Disarm() => File.Delete(ArmFile);

    /// <summary>Every point that was passed so far, in order.</summary>
    public IReadOnlyList<string> Passed => File.Exists(PointsFile) ? File.ReadAllLines(PointsFile) : [];

    /// <summary>Starts the agent; complete when its process runs.</summary>
    public void LaunchAgent(IReadOnlyDictionary<string, string>? more = null) => _agent = ChildProcess.Start(
        _shop.World.Programs.Agent,
        ["run", "--config", Path.Combine(_folder, "agent.yaml")],
        LogFile,
        new Dictionary<string, string>(more ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            ["FLEET_AGENT_CRASH_LOG"] = PointsFile,
            ["FLEET_AGENT_CRASH_ARM"] = ArmFile,
            ["DOTNET_TieredPGO"] = "0",
        });

    /// <summary>Starts the agent and waits until tills can pay.</summary>
    public async Task StartAgentAsync(CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? more = null)
    {
        LaunchAgent(more);
        await _agent!.WaitForLineAsync("Line Ready", StartPatience, cancellationToken);
    }

    /// <summary>Completes when the agent's process is gone; true when it was killed rather than ended.</summary>
    public async Task<bool> DiedAsync(CancellationToken cancellationToken) => await _agent!.WaitForExitAsync(cancellationToken) == 128 + 9;

    /// <summary>Completes when the agent's process is gone, with its exit code.</summary>
    public async Task<int> ExitCodeAsync(CancellationToken cancellationToken)
    {
        var code = await _agent!.WaitForExitAsync(cancellationToken);
        await BuryAgentAsync();
        return code;
    }

    public async Task BuryAgentAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync();
        }
    }

    /// <summary>Gives a command and waits for its success.</summary>
    public async Task OrderAsync(Command.Types.Kind kind, CancellationToken stop, CommandParameters? parameters = null, string message = "", TimeSpan? ahead = null)
    {
        var request = new CreateCommandRequest { Terminal = $"terminals/{_name}", Kind = kind, Reason = "crash matrix", Parameters = parameters, Message = message };
        if (ahead is { } later)
        {
            request.NotBeforeTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + later);
        }

        var command = await _shop.Commands.CreateCommandAsync(request, cancellationToken: stop);
        Command = command.Name;
        await CommandSucceedsAsync(stop);
    }

    /// <summary>Gives a command to the agent, which does not run, as a file.</summary>
    public async Task<string> ExportAsync(Command.Types.Kind kind, TimeSpan validity, CancellationToken stop)
    {
        var request = new CreateCommandRequest { Terminal = $"terminals/{_name}", Kind = kind, Reason = "by hand", Ttl = Duration.FromTimeSpan(validity) };
        var command = await _shop.Commands.CreateCommandAsync(request, cancellationToken: stop);
        Command = command.Name;
        var exported = await _shop.Commands.ExportCommandAsync(new ExportCommandRequest { Name = command.Name }, cancellationToken: stop);
        var file = Path.Combine(_folder, command.Name.Replace('/', '-'));
        await File.WriteAllBytesAsync(file, exported.SignedCommand.ToByteArray(), stop);
        return file;
    }

    /// <summary><c>fleet-agent apply FILE</c>; what it said.</summary>
    public async Task<(int ExitCode, string Text)> ApplyAsync(string file, CancellationToken stop)
    {
        await using var process = ChildProcess.Start(_shop.World.Programs.Agent, ["apply", file, "--data", DataFolder], Path.Combine(_folder, "apply.log"));
        return (await process.WaitForExitAsync(stop), process.Tail);
    }

    /// <summary>Waits until the server knows that the last command succeeded, or that this agent does not know its kind.</summary>
    public async Task CommandSucceedsAsync(CancellationToken stop)
    {
        var start = TimeProvider.System.GetTimestamp();
        var command = await _shop.Commands.GetCommandAsync(new GetCommandRequest { Name = Command }, cancellationToken: stop);
        while (command.State != V1.Command.Types.State.Succeeded && command.StateReason != ReasonCodes.KindUnsupported)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(CommandPatience), $"{_name}: {command}");
            Assert.That(command.State, Is.Not.EqualTo(V1.Command.Types.State.Failed).And.Not.EqualTo(V1.Command.Types.State.Expired), $"{_name}: {command}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop);
            command = await _shop.Commands.GetCommandAsync(new GetCommandRequest { Name = Command }, cancellationToken: stop);
        }
    }

    public Task SellAsync(long amount, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () =>
        {
            await ResolveAsync(cancellationToken);
            return (await Till.SellAsync(amount, cancellationToken, cancellationToken)).Outcome == TillOutcome.Approved;
        },
        $"a sale goes through on {_name}");

    public Task ResolveAsync(CancellationToken cancellationToken) =>
        Eventually.TrueAsync(() => Till.ResolveAsync(cancellationToken, cancellationToken), $"the till of {_name} knows every outcome");

    public Task<StatusDocument> StatusAsync(CancellationToken cancellationToken) => StatusClient.AskAsync(DataFolder, cancellationToken);

    /// <summary>True when nothing of the agent's identity is left.</summary>
    public bool IsErased => Directory.GetFiles(Path.Combine(DataFolder, "identity"), "*.key").Length == 0;

    /// <summary>Till, terminal, acquirer, journal and ledger have the same money, and nobody has an open question.</summary>
    public async Task AgreeAsync(string when, CancellationToken cancellationToken)
    {
        var books = await ReadBooksAsync(cancellationToken);
        var start = TimeProvider.System.GetTimestamp();
        while (!books.Agree)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(Eventually.Bound), $"the books differ, {when}: {books}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            books = await ReadBooksAsync(cancellationToken);
        }
    }

    private async Task<FiveBooks> ReadBooksAsync(CancellationToken cancellationToken)
    {
        var ledger = await _shop.Transactions.SummarizeTransactionsAsync(
            new SummarizeTransactionsRequest { Parent = $"terminals/{_name}" }, cancellationToken: cancellationToken);
        var journal = JournalAudit.Read(new JournalOptions { DataDirectory = DataFolder }, cancellationToken);
        return FiveBooks.Of(Till.Books, _shop.World.Acquirer, _tid, _terminal!.Totals, journal, ledger);
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var pace = _shop.World.Pace;
        _terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = _tid,
                Host = _shop.World.Acquirer,
                Line = new TerminalLineOptions { PtyLink = Path.Combine(_folder, "tty") },
                StateFile = Path.Combine(_folder, "terminal.json"),
                CustomerDelay = TimeSpan.FromMilliseconds(1),
                Timers = pace.Timers,
            },
            cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "agent.yaml"),
            string.Create(CultureInfo.InvariantCulture, $"""
                terminal:
                  address: "serial://{_terminal.LineName}?baud=9600&stop=2"
                  acknowledgeTimeout: {pace.Timers.T2.TotalMilliseconds}ms
                  responseTimeout: {pace.Timers.T3.TotalMilliseconds}ms
                  readyPause: 100ms
                  reopenMinimum: 20ms
                  reopenMaximum: 200ms
                till:
                  endpoint: "tcp://127.0.0.1:{_tillPort}"
                link:
                  reconnectMinimum: 50ms
                  reconnectMaximum: 200ms
                commands:
                  retryMinimum: 50ms
                  retryMaximum: 500ms
                uplink:
                  maximumAge: 20ms
                data: "{DataFolder}"

                """),
            cancellationToken);
        await _shop.Terminals.CreateTerminalAsync(
            new CreateTerminalRequest { TerminalId = _name, Terminal = new Terminal { Store = "Main Street", Lane = _tid } }, cancellationToken: cancellationToken);
        var token = await _shop.Terminals.CreateEnrollmentTokenAsync(new CreateEnrollmentTokenRequest { Terminal = $"terminals/{_name}" }, cancellationToken: cancellationToken);
        await new Enrolment(new IdentityStore(DataFolder), TimeProvider.System, "test")
            .EnrolAsync(token.Token, _shop.World.Server.Enrollment.GetLeftPart(UriPartial.Authority), replace: false, cancellationToken);
        await StartAgentAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Till.DisposeAsync();
        await BuryAgentAsync();
        if (_terminal is not null)
        {
            await _terminal.DisposeAsync();
        }
    }
}
