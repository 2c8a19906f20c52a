using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Agent.Tests.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Health;

/// <summary>
/// <c>fleet-agent doctor</c> as a technician types it: everything is in order but one thing, and the answer names that thing and what to
/// do about it.
/// </summary>
[CancelAfter(120_000)]
[Platform(Include = "Linux")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DoctorProgramTests
{
    private readonly TemporaryFolder _program = new();
    private TemporaryFolder _folder = null!;
    private TestAuthority _authority = null!;
    private EnrolmentServer _server = null!;
    private TcpListener _terminal = null!;
    private string _address = string.Empty;

    private string Data => _folder.File("data");

    [OneTimeSetUp]
    public void CopyProgram()
    {
        // A copy may be given another age.
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(static f => !Path.GetFileName(f).StartsWith("Fleet.Agent.Tests", StringComparison.Ordinal)))
        {
            File.CreateSymbolicLink(_program.File(Path.GetFileName(file)), file);
        }

        Directory.CreateSymbolicLink(_program.File("runtimes"), Path.Combine(AppContext.BaseDirectory, "runtimes"));
        File.Delete(_program.File("fleet-agent.dll"));
        File.Copy(typeof(StatusPort).Assembly.Location, _program.File("fleet-agent.dll"));
    }

    [OneTimeTearDown]
    public void RemoveProgram() => _program.Dispose();

    [SetUp]
    public async Task MakeEverythingRight()
    {
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _authority = new TestAuthority();
        _server = new EnrolmentServer(_authority.Server(), [], static _ => (404, []));
        _terminal = new TcpListener(IPAddress.Loopback, 0);
        _terminal.Start();
        _address = $"tcp://{_terminal.LocalEndpoint}";
        Enrol(new Uri(_server.Address).Port);
        await using var journal = SqliteJournal.Open(new JournalOptions { DataDirectory = Data }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        await JournalWorld.AppendSalesAsync(journal, 3);
    }

    [TearDown]
    public async Task TearDown()
    {
        _terminal.Stop();
        _terminal.Dispose();
        await _server.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Sound_installation_has_nothing_to_complain_of_but_that_it_does_not_run()
    {
        var (code, text) = await AskAsync();
        Assert.That(code, Is.Zero, text);
        Assert.That(text.Split('\n').Where(static l => l.StartsWith('!')), Is.Empty, text);
        Assert.That(text, Does.Contain("? Agent").And.Contain("systemctl start fleet-agent@"));
    }

    [Test]
    public Task Data_directory_that_is_missing() =>
        FindAsync("Data directory", "does not exist", "Create it", settings: $"data={_folder.File("elsewhere")}");

    [Test]
    public Task Data_directory_that_everybody_may_read()
    {
        File.SetUnixFileMode(Data, File.GetUnixFileMode(Data) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        return FindAsync("Data directory", "open to everybody", "chmod");
    }

    [Test]
    public Task Disk_that_is_nearly_full() => FindAsync("Disk", "MB free", "Free space", settings: "journal.minimumFree=9000000MB");

    [Test]
    public async Task Clock_that_was_set_back_by_years()
    {
        var made = File.GetLastWriteTimeUtc(_program.File("fleet-agent.dll"));
        File.SetLastWriteTimeUtc(_program.File("fleet-agent.dll"), made.AddYears(6));
        try
        {
            await FindAsync("Clock", "before this program was made", "Set the clock");
        }
        finally
        {
            File.SetLastWriteTimeUtc(_program.File("fleet-agent.dll"), made);
        }
    }

    [Test]
    public Task Journal_that_is_damaged()
    {
        var path = Path.Combine(Data, "journal", "journal.db");
        var bytes = File.ReadAllBytes(path);
        for (var at = 4096; at < bytes.Length; at += 64)
        {
            bytes[at] ^= 1;
        }

        File.WriteAllBytes(path, bytes);
        return FindAsync("Journal", "damaged", "Start the agent");
    }

    [Test]
    public Task Journal_whose_key_is_gone()
    {
        File.Delete(Path.Combine(Data, "journal.key"));
        return FindAsync("Journal", "another key", "Put back");
    }

    [Test]
    public async Task Journal_that_was_set_aside()
    {
        Directory.CreateDirectory(Path.Combine(Data, "journal-damaged-20260314T120000Z-0badcafe"));
        var (code, text) = await AskAsync();
        Assert.That(code, Is.Zero, text);
        Assert.That(text, Does.Contain("? Earlier damage").And.Contain("journal-damaged-20260314T120000Z-0badcafe").And.Contain("Ask the operator"));
    }

    [Test]
    public Task Terminal_that_takes_no_connection()
    {
        _terminal.Stop();
        return FindAsync("Terminal line", "takes no connection", "Switch the terminal on");
    }

    [Test]
    public Task Cable_that_is_not_plugged_in() => FindAsync("Terminal line", "does not exist", "Plug in the cable", settings: "terminal.address=serial:///dev/ttyNONE");

    [Test]
    public async Task Till_port_that_another_program_holds()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await FindAsync("Till endpoint", "another program listens", "Stop that program", settings: $"till.endpoint=tcp://{other.LocalEndpoint}");
    }

    [Test]
    public Task Agent_that_is_not_enrolled()
    {
        new IdentityStore(Data).Erase();
        return FindAsync("Enrolment", "not enrolled", "fleet-agent enroll --token");
    }

    [Test]
    public Task Device_key_that_others_may_read()
    {
        var key = Directory.GetFiles(Path.Combine(Data, "identity"), "*.key").Single();
        File.SetUnixFileMode(key, File.GetUnixFileMode(key) | UnixFileMode.OtherRead);
        return FindAsync("Enrolment", "readable by others", "chmod 600");
    }

    [Test]
    public Task Server_that_is_away()
    {
        Enrol(1);
        return FindAsync("Server", "is not reachable", "firewall");
    }

    [Test]
    public async Task Server_that_is_another_one()
    {
        using var other = new TestAuthority();
        await using var server = new EnrolmentServer(other.Server(), [], static _ => (404, []));
        Enrol(new Uri(server.Address).Port);
        await FindAsync("Server", "TLS fails", "clock");
    }

    private async Task FindAsync(string title, string text, string nextStep, params string[] settings)
    {
        var (code, output) = await AskAsync(settings);

        Assert.That(code, Is.EqualTo(1), output);
        var lines = output.Split('\n');
        var at = Array.FindIndex(lines, l => l.StartsWith("! " + title, StringComparison.Ordinal));
        Assert.That(at, Is.GreaterThanOrEqualTo(0), output);
        Assert.That(lines[at], Does.Contain(text));
        Assert.That(lines[at + 1], Does.Contain("-> ").And.Contain(nextStep));
        TestContext.Out.WriteLine(lines[at] + "\n" + lines[at + 1]);
    }

    private async Task<(int Code, string Output)> AskAsync(params string[] settings)
    {
        string[] all = [$"data={Data}", $"terminal.address={_address}", "till.endpoint=tcp://127.0.0.1:0", .. settings];
        using var doctor = ChildProcess.Run("dotnet", [_program.File("fleet-agent.dll"), "doctor", .. all.SelectMany(static s => new[] { "--set", s })]);
        var output = await doctor.Output.ReadToEndAsync();
        return (await doctor.ExitAsync(CancellationToken.None), output + await doctor.ErrorAsync(CancellationToken.None));
    }

    private void Enrol(int port)
    {
        var store = new IdentityStore(Data);
        using var key = store.NextKey();
        var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
        store.Save(_authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1"), port));
    }
}
