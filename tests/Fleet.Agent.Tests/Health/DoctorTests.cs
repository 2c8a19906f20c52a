using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fleet.Agent.Health;
using Fleet.Agent.Health.Doctor;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Health;

/// <summary>Each planted fault is found and comes with something to do.</summary>
[CancelAfter(60_000)]
[Platform(Include = "Linux")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DoctorTests
{
    private TemporaryFolder _folder = null!;

    private string Data => _folder.File("data");

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Missing_data_directory_is_found()
    {
        await FindAsync(new DataDirectoryCheck(_folder.File("none")), StatusLevel.Bad, "does not exist", "Create it");
    }

    [Test]
    public async Task Data_directory_that_is_open_to_everybody_is_found()
    {
        File.SetUnixFileMode(Data, File.GetUnixFileMode(Data) | UnixFileMode.OtherRead);

        await FindAsync(new DataDirectoryCheck(Data), StatusLevel.Bad, "open to everybody", "chmod");
    }

    [Test]
    public async Task Disk_that_is_nearly_full_is_found()
    {
        await FindAsync(new DiskSpaceCheck(Data, long.MaxValue), StatusLevel.Bad, "MB free", "Free space");
        await FindAsync(new DiskSpaceCheck(Data, 1), StatusLevel.Good, "MB free", string.Empty);
    }

    [Test]
    public async Task Clock_that_is_years_off_is_found()
    {
        var clock = new TestClock();
        await FindAsync(new ClockCheck(clock, TestClock.Start.AddDays(1)), StatusLevel.Bad, "before this program was made", "Set the clock");
        await FindAsync(new ClockCheck(clock, TestClock.Start.AddYears(-30)), StatusLevel.Bad, "far in the future", "Set the clock");
        await FindAsync(new ClockCheck(clock, TestClock.Start.AddYears(-1)), StatusLevel.Good, "2026-03-14", string.Empty);
    }

    [Test]
    public async Task Agent_that_does_not_run_is_found()
    {
        await FindAsync(new RunningAgentCheck(Data), StatusLevel.Attention, "does not run", "Start it");
    }

    [Test]
    public async Task Damaged_journal_is_found_and_left_as_it_is()
    {
        var options = new JournalOptions { DataDirectory = Data, Encryption = false };
        await using (var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance))
        {
            await journal.AppendAsync(JournalWrite.Of(Tests.Journal.JournalWorld.Sale("sale-one")), CancellationToken.None);
        }

        await FindAsync(new JournalCheck(options), StatusLevel.Good, "chain whole", string.Empty);
        var path = Path.Combine(Data, "journal", "journal.db");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.AsSpan().LastIndexOf("sale-one"u8)] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        await FindAsync(new JournalCheck(options), StatusLevel.Bad, "entry 2 is damaged", "Start the agent");
        Assert.That(await File.ReadAllBytesAsync(path), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Journal_without_its_key_is_found()
    {
        var options = new JournalOptions { DataDirectory = Data };
        await SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance).DisposeAsync();
        File.Delete(Path.Combine(Data, "journal.key"));

        await FindAsync(new JournalCheck(options), StatusLevel.Bad, "another key", "Put back");
    }

    [Test]
    public async Task Terminal_that_is_not_there_is_found()
    {
        await FindAsync(new TerminalCheck("serial:///dev/serial/by-id/none", "no-data", TimeProvider.System), StatusLevel.Bad, "does not exist", "Plug in");
        await FindAsync(new TerminalCheck("tcp://127.0.0.1:1", "no-data", TimeProvider.System), StatusLevel.Bad, "takes no connection", "Switch the terminal on");
        await FindAsync(new TerminalCheck("nowhere", "no-data", TimeProvider.System), StatusLevel.Bad, "cannot be read", "terminal.address");
    }

    [Test]
    public async Task Till_port_that_another_program_holds_is_found()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await FindAsync(new TillCheck((IPEndPoint)other.LocalEndpoint, Data), StatusLevel.Bad, "another program listens", "Stop that program");
        await FindAsync(new TillCheck(new IPEndPoint(IPAddress.Parse("203.0.113.9"), 20007), Data), StatusLevel.Bad, "cannot be used", "till.endpoint");
    }

    [Test]
    public async Task Agent_that_is_not_enrolled_is_found()
    {
        var store = new IdentityStore(Data);
        await FindAsync(new IdentityCheck(store, TimeProvider.System), StatusLevel.Bad, "not enrolled", "fleet-agent enroll");
        await FindAsync(new ServerCheck(store, TimeProvider.System), StatusLevel.Attention, "without an enrolment", "Enrol first");
    }

    [Test]
    public async Task Certificate_that_ended_and_key_that_others_can_read_are_found()
    {
        using var authority = new TestAuthority();
        var store = Enrolled(authority, 1);
        var clock = new TestClock();
        clock.SetWallClock(TimeProvider.System.GetUtcNow());
        await FindAsync(new IdentityCheck(store, clock), StatusLevel.Good, "terminal lane-1", string.Empty);
        clock.SetWallClock(TimeProvider.System.GetUtcNow().AddDays(10));
        await FindAsync(new IdentityCheck(store, clock), StatusLevel.Attention, "ends soon", "Enrol again");
        clock.SetWallClock(TimeProvider.System.GetUtcNow().AddDays(40));
        await FindAsync(new IdentityCheck(store, clock), StatusLevel.Bad, "has ended", "Enrol again");
        clock.SetWallClock(TimeProvider.System.GetUtcNow().AddYears(-3));
        await FindAsync(new IdentityCheck(store, clock), StatusLevel.Bad, "in the future", "clock");
        var key = Directory.GetFiles(Path.Combine(Data, "identity"), "*.key").Single();
        File.SetUnixFileMode(key, File.GetUnixFileMode(key) | UnixFileMode.GroupRead);
        await FindAsync(new IdentityCheck(store, clock), StatusLevel.Bad, "readable by others", "chmod 600");
    }

    [Test]
    public async Task Server_that_is_away_or_another_one_is_found()
    {
        using var authority = new TestAuthority();
        await FindAsync(new ServerCheck(Enrolled(authority, 1), TimeProvider.System), StatusLevel.Bad, "127.0.0.1:1 is not reachable", "firewall");

        using var other = new TestAuthority();
        await using var server = new EnrolmentServer(other.Server(), [], static _ => (404, []));
        await FindAsync(new ServerCheck(Enrolled(authority, new Uri(server.Address).Port), TimeProvider.System), StatusLevel.Bad, "TLS fails", "clock");
        await using var right = new EnrolmentServer(authority.Server(), [], static _ => (404, []));
        await FindAsync(new ServerCheck(Enrolled(authority, new Uri(right.Address).Port), TimeProvider.System), StatusLevel.Good, "certificate of this fleet", string.Empty);
    }

    [Test]
    public async Task Report_has_a_line_for_each_check_and_its_exit_code_tells_the_worst()
    {
        var settings = SettingSources.Read(null, [], [$"data={Data}", "terminal.address=tcp://127.0.0.1:1"], out var faults);
        using var output = new StringWriter();

        var code = await DoctorRun.RunAsync(DoctorRun.ChecksFor(settings, TimeProvider.System), output, CancellationToken.None);

        Assert.That(faults, Is.Empty);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("! Terminal line").And.Contain("  Data directory").And.Contain("-> fleet-agent enroll"));
    }

    private IdentityStore Enrolled(TestAuthority authority, int port)
    {
        var store = new IdentityStore(Data);
        using var key = store.NextKey();
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
        store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1"), port));
        return store;
    }

    private static async Task FindAsync(IDoctorCheck check, StatusLevel level, string text, string nextStep)
    {
        var finding = await check.LookAsync(CancellationToken.None);
        Assert.That(finding.Level, Is.EqualTo(level), finding.Text);
        Assert.That(finding.Text, Does.Contain(text));
        Assert.That(finding.NextStep, Does.Contain(nextStep));
    }
}
