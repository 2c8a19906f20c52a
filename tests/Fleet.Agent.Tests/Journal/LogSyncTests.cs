using System.Globalization;
using Fleet.Agent.Journal;
using Fleet.Testing;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Tests.Journal;

/// <summary>How the write-ahead log gets to the disk, call by call.</summary>
[Platform(Include = "Linux")]
[CancelAfter(120_000)]
public sealed class LogSyncTests
{
    private const int Sales = 6;

    // Each sale has a note behind it, a commit of its own.
    private const int Commits = 2 * Sales;

    [Test]
    public async Task First_commit_of_a_log_makes_its_name_durable_and_every_further_one_is_one_fdatasync(CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();

        var calls = await CallsAsync(world, [], cancellationToken);

        var log = Path.GetFileName(world.Database) + "-wal>";
        var beginning = calls.SkipWhile(c => !c.Contains(log, StringComparison.Ordinal)).Take(Commits + 1).ToList();
        Assert.That(beginning[0], Does.Contain("fsync(").And.Contain(log));
        Assert.That(beginning[1], Does.Contain("fsync(").And.Contain("journal>"), "the folder");
        Assert.That(beginning.Skip(2), Has.Exactly(Commits - 1).Items.And.All.Contains("fdatasync(").And.All.Contains(log));
    }

    [Test]
    public async Task Log_that_is_made_anew_after_an_error_begins_with_its_name_and_is_the_one_that_is_synced(CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();

        var calls = await CallsAsync(world, ["-e", "inject=fdatasync:error=EIO:when=4"], cancellationToken);

        var ofLogs = calls.FindAll(static c => c.Contains("journal.db-wal", StringComparison.Ordinal));
        var failed = ofLogs.FindIndex(static c => c.Contains("EIO", StringComparison.Ordinal));
        Assert.That(failed, Is.GreaterThan(0));
        Assert.That(ofLogs.Skip(failed + 1).SkipWhile(static c => !c.Contains(" fsync(", StringComparison.Ordinal)).Skip(1), Has.Some.Contains("fdatasync("));
        Assert.That(ofLogs, Has.None.Contains("(deleted)"));
    }

    [Test]
    public async Task Log_without_a_second_descriptor_is_synced_by_SQLite_itself(CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();

        // SQLite opens a log first, then we do.
        var calls = await CallsAsync(world, ["-P", world.Database + "-wal", "-e", "inject=open,openat:error=EMFILE:when=2+2"], cancellationToken);

        Assert.That(calls.Count(static c => c.Contains(" fsync(", StringComparison.Ordinal)), Is.GreaterThanOrEqualTo(Commits));
        Assert.That(calls, Has.None.Contains("fdatasync("));
        await using var journal = world.Open();
        Assert.That((await JournalWorld.ReadAllAsync(journal)).Count(static e => e.Transaction is not null), Is.EqualTo(Sales));
    }

    [Test]
    public async Task Closed_journal_leaves_no_descriptor_behind()
    {
        await using var world = await NewAsync();
        var journal = world.Open();
        await JournalWorld.AppendSalesAsync(journal, 3);
        Assert.That(Descriptors(world), Has.Some.EndsWith("journal.db-wal"));

        await journal.DisposeAsync();

        Assert.That(Descriptors(world), Is.Empty);
    }

    [Test]
    public async Task Log_that_cannot_be_opened_is_the_error_that_SQLite_has_for_it()
    {
        await using var world = await NewAsync();
        Directory.CreateDirectory(world.Database + "-wal");

        Assert.That(
            () => JournalDatabase.OpenWriter(world.Database),
            Throws.InstanceOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(SQLitePCL.raw.SQLITE_CANTOPEN));
        Assert.That(Descriptors(world), Is.Empty);
    }

    private static async Task<JournalWorld> NewAsync()
    {
        var world = new JournalWorld();
        await world.Open().DisposeAsync();
        return world;
    }

    private static List<string> Descriptors(JournalWorld world) =>
        [.. Directory.EnumerateFiles("/proc/self/fd").Select(TargetOf).Where(t => t.StartsWith(world.DataDirectory, StringComparison.Ordinal))];

    // Others come and go while this one looks.
    private static string TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName ?? string.Empty;
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    /// <summary>The calls that sync, in order, of a process that opens the journal, appends and closes it.</summary>
    private static async Task<List<string>> CallsAsync(JournalWorld world, string[] more, CancellationToken cancellationToken)
    {
        var strace = Engines.Require("strace", "apt-get install strace");
        using var folder = new TemporaryFolder();
        using var child = ChildProcess.Run(
            strace,
            [
                "-f", "-qq", "-y", "-o", folder.File("calls"), "-e", "trace=open,openat,fsync,fdatasync", .. more,
                "dotnet", typeof(ChildProgram).Assembly.Location, "faults", world.DataDirectory, Sales.ToString(CultureInfo.InvariantCulture),
            ]);
        var output = await child.Output.ReadToEndAsync(cancellationToken);
        Assert.That(output, Does.EndWith("end Healthy\n"));
        return [.. (await File.ReadAllLinesAsync(folder.File("calls"), cancellationToken)).Where(static c => c.Contains("sync(", StringComparison.Ordinal))];
    }
}
