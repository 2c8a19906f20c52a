using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Gate;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Link;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Health;

/// <summary>What may stand between a till and the fleet, each told apart by the status of the real program, each with its own next step.</summary>
[Platform(Include = "Linux")]
[CancelAfter(120_000)]
public sealed class ToldApartTests
{
    private TemporaryFolder _folder = null!;

    private string Data => _folder.File("data");

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public Task Cable_that_is_out(CancellationToken cancellationToken) =>
        ShowsAsync("serial://" + _folder.File("no-such-device"), "terminal.line", "cable out", StatusLevel.Bad, "Check the cable", cancellationToken);

    [Test]
    public async Task Terminal_that_is_off(CancellationToken cancellationToken)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        await ShowsAsync($"tcp://{silent.LocalEndpoint}", "terminal.line", "does not answer", StatusLevel.Bad, "Switch the terminal on", cancellationToken);
    }

    [Test]
    public async Task Terminal_that_is_busy(CancellationToken cancellationToken)
    {
        await using var terminal = new ScriptedTerminal();
        terminal.Always(0x0501, "80 00 00", "06 0F 01 9C");

        await ShowsAsync(terminal.Address, "terminal.line", "busy, status 9C", StatusLevel.Attention, "Look at the terminal's display", cancellationToken);
    }

    [Test]
    public async Task Agent_that_is_blocked(CancellationToken cancellationToken)
    {
        await using var terminal = new ScriptedTerminal();
        await using (var journal = SqliteJournal.Open(new JournalOptions { DataDirectory = Data }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance))
        {
            var gate = new PaymentGate(journal, NoCrashPoints.Instance, NullLogger<PaymentGate>.Instance);
            await gate.LoadAsync(cancellationToken);
            await gate.MoveAsync(new GatePosition { State = GateChange.Types.State.Disabled, Reason = "stolen", CommandId = "c1" }, new JournalWrite(), cancellationToken);
        }

        await ShowsAsync(terminal.Address, "gate.state", "disabled: stolen (command c1)", StatusLevel.Bad, string.Empty, cancellationToken);
        await ShowsAsync(terminal.Address, "terminal.line", "ready", StatusLevel.Good, string.Empty, cancellationToken);
    }

    [Test]
    public async Task Broker_that_is_down(CancellationToken cancellationToken)
    {
        using var authority = new TestAuthority();
        Enrol(authority, 1);
        await using var terminal = new ScriptedTerminal();

        await ShowsAsync(terminal.Address, "link.state", "not reachable", StatusLevel.Attention, "Check the network; payments go on", cancellationToken);
    }

    [Test]
    public async Task Server_that_refuses(CancellationToken cancellationToken)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        using var broker = new MosquittoBroker(other);
        Enrol(authority, broker.Port);
        await using var terminal = new ScriptedTerminal();

        await ShowsAsync(terminal.Address, "link.state", "refuses this agent", StatusLevel.Bad, "Tell the operator", cancellationToken);
    }

    private async Task ShowsAsync(string terminal, string line, string value, StatusLevel level, string nextStep, CancellationToken cancellationToken)
    {
        string[] settings = [$"terminal.address={terminal}", "till.endpoint=tcp://127.0.0.1:0", "terminal.responseTimeout=500ms", "journal.minimumFree=0", "journal.reserve=0"];
        using var agent = ChildProcess.Run("dotnet", [typeof(StatusPort).Assembly.Location, "run", "--data", Data, .. settings.SelectMany(static s => new[] { "--set", s })]);
        StatusLine? shown = null;
        await Eventually.TrueAsync(
            async () =>
            {
                shown = await LineAsync(line, cancellationToken) ?? shown;
                return shown?.Value.StartsWith(value, StringComparison.Ordinal) == true;
            },
            $"{line} shows '{value}'");

        Assert.That(shown!.Level, Is.EqualTo(level), shown.ToString());
        Assert.That(shown.NextStep, Does.Contain(nextStep), shown.ToString());
        TestContext.Out.WriteLine(shown);
    }

    private async Task<StatusLine?> LineAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await StatusClient.AskAsync(Data, cancellationToken)).Lines.Single(l => l.Name == name);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return null;
        }
    }

    private void Enrol(TestAuthority authority, int port)
    {
        var store = new IdentityStore(Data);
        using var key = store.NextKey();
        var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
        store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1"), port));
    }
}
