using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Settlement;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Storage.Transactions;
using Fleet.Server.Storage.Trust;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Storage.Tests.World;

/// <summary>A real database with everything around it and a clock that stands still.</summary>
public sealed class StorageWorld : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private StorageWorld(TemporaryFolder folder, IDatabaseEngine engine, AcquirerPolicy policy, TestClock clock)
    {
        (_folder, Engine, Clock) = (folder, engine, clock);
        Database = new FleetDatabase(engine, new StorageOptions { DataFile = folder.File("fleet.db") }, clock, NullLogger<WriteLane>.Instance);
        Registry = new TerminalRegistry(Database);
        Desk = new CommandDesk(Database);
        Approvals = new ApprovalDesk(Database);
        Trust = new TrustBook(Database);
        Certificates = new CertificateBook(Database);
        Ledger = new Ledger(Database, policy);
        Journal = new JournalStore(Database, policy);
        Queue = new CommandQueue(Database);
        Agents = new AgentBook(Database);
        Closings = new Closings(Database);
    }

    public static Actor Anna { get; } = new(ActorKind.Operator, "anna");

    public IDatabaseEngine Engine { get; }

    public TestClock Clock { get; }

    public FleetDatabase Database { get; }

    public TerminalRegistry Registry { get; }

    public CommandDesk Desk { get; }

    public ApprovalDesk Approvals { get; }

    public TrustBook Trust { get; }

    public CertificateBook Certificates { get; }

    public Ledger Ledger { get; }

    public JournalStore Journal { get; }

    public CommandQueue Queue { get; }

    public AgentBook Agents { get; }

    public Closings Closings { get; }

    public static async Task<StorageWorld> CreateAsync(EngineUnderTest engine, AcquirerPolicy policy = AcquirerPolicy.NotConnected)
    {
        var folder = new TemporaryFolder();
        IDatabaseEngine database = engine switch
        {
            EngineUnderTest.Sqlite => new SqliteEngine(folder.File("fleet.db")),
            _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "no such engine"),
        };
        var world = new StorageWorld(folder, database, policy, new TestClock());
        await world.Database.MigrateAsync(CancellationToken.None);
        return world;
    }

    /// <summary>A registered terminal.</summary>
    public async Task<TerminalView> RegisterAsync(string terminal = "lane1") =>
        Accepted(await Registry.CreateAsync(new NewTerminal(terminal, string.Empty, "Berlin", "1"), string.Empty, validateOnly: false, Anna, CancellationToken.None));

    /// <summary>A terminal whose agent holds a certificate.</summary>
    public async Task<TerminalView> EnrolAsync(string terminal = "lane1", string certificate = "c1")
    {
        await RegisterAsync(terminal);
        var token = EnrollmentToken.Create(TerminalId.Parse(terminal), [1, 2, 3]);
        Accepted(await Registry.IssueTokenAsync(token, null, Anna, CancellationToken.None));
        return Accepted(await Registry.EnrolAsync(token, new Enrolment(Certificate(certificate), "0.1.0", "till-1"), CancellationToken.None)).Terminal;
    }

    /// <summary>A certificate by its fingerprint; the key has the same name unless one is given.</summary>
    public DeviceCertificate Certificate(string fingerprint, string? key = null) =>
        new(fingerprint, key ?? "key of " + fingerprint, Clock.GetUtcNow(), Clock.GetUtcNow().AddYears(1), System.Text.Encoding.ASCII.GetBytes(fingerprint));

    /// <summary>A terminal in use, with its journal: an epoch and the identity of the device are in.</summary>
    public async Task<ScriptedJournal> ActivateAsync(string terminal = "lane1")
    {
        await EnrolAsync(terminal);
        var journal = new ScriptedJournal(terminal);
        journal.Start();
        journal.Identity();
        await StoreAsync(journal);
        return journal;
    }

    /// <summary>Stores what is new in a journal.</summary>
    public async Task StoreAsync(ScriptedJournal journal, long from = 1)
    {
        var result = await Journal.AppendAsync(journal.From(from), CancellationToken.None);
        Assert.That(result.Outcome, Is.EqualTo(AppendOutcome.Stored), result.Detail);
    }

    public async Task<TerminalView> TerminalAsync(string terminal = "lane1") =>
        Accepted(await Registry.GetAsync(TerminalId.Parse(terminal), CancellationToken.None));

    public Task<Answer<CommandView>> AskAsync(CommandKind kind, string terminal = "lane1", string requestId = "", TimeSpan? ttl = null, DateTimeOffset? start = null) =>
        Desk.CreateAsync(new NewCommand(TerminalId.Parse(terminal), kind, "season is over", "Closed", ttl, start, requestId), validateOnly: false, Anna, CancellationToken.None);

    public async Task<CommandView> CommandAsync(string id) => Accepted(await Desk.GetAsync(id, CancellationToken.None));

    /// <summary>A command that was handed to the agent's connection.</summary>
    public async Task<CommandView> SentAsync(CommandKind kind, string terminal = "lane1")
    {
        var command = Accepted(await AskAsync(kind, terminal));
        var row = (await Queue.QueuedAsync(TerminalId.Parse(terminal), CancellationToken.None)).Single(c => c.Id == command.Id);
        Assert.That(await Queue.MarkSentAsync(row, [1], CancellationToken.None), Is.True);
        return await CommandAsync(command.Id);
    }

    public Task<List<AlarmView>> AlarmsAsync(string terminal = "lane1") =>
        Database.ReadAsync((session, ct) => Alarms.ListAsync(session, TerminalId.Parse(terminal), 100, ct), CancellationToken.None);

    public Task<long> CountAsync(string sql) => Database.ReadAsync((session, ct) => session.ScalarAsync(sql, [], ct), CancellationToken.None);

    /// <summary>The result; the test fails with the refusal.</summary>
    public static T Accepted<T>(Answer<T> answer)
        where T : class
    {
        Assert.That(answer.Refusal, Is.Null);
        return answer.Value!;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}
