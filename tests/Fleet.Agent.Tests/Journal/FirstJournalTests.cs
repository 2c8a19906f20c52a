using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

/// <summary>The first journal is built beside and made durable once, before it gets its place: until then a failure or a power cut leaves none.</summary>
[CancelAfter(120_000)]
public sealed class FirstJournalTests
{
    private sealed class CutBeforeSync : ICrashPoints
    {
        public void Reached(string point)
        {
            if (point == "journal-built")
            {
                throw new InvalidOperationException("the power is gone");
            }
        }
    }

    [Test]
    public async Task File_that_a_power_cut_left_empty_before_it_was_synced_is_made_anew()
    {
        await using var world = new JournalWorld { CrashPoints = new CutBeforeSync() };
        Assert.That(() => world.Open(), Throws.InstanceOf<JournalFaultException>());
        var unsynced = Path.Combine(world.DataDirectory, "journal.new", "journal.db");
        Assert.That(unsynced, Does.Exist);
        await File.WriteAllBytesAsync(unsynced, []);

        world.CrashPoints = NoCrashPoints.Instance;
        await CheckItWorksAsync(world);
        Assert.That(Directory.GetDirectories(world.DataDirectory, "journal-damaged-*"), Is.Empty);
    }

    [Test]
    public async Task Everything_of_it_is_in_the_file_that_was_synced_and_nothing_in_a_log()
    {
        await using var world = new JournalWorld { CrashPoints = new CutBeforeSync() };
        Assert.That(() => world.Open(), Throws.InstanceOf<JournalFaultException>());

        var files = Directory.GetFiles(Path.Combine(world.DataDirectory, "journal.new")).Select(static f => Path.GetFileName(f));
        Assert.That(files, Is.EqualTo(new[] { "journal.db" }));
    }

    [Test]
    [Platform(Include = "Linux")]
    public async Task Fsync_that_fails_while_it_is_made_leaves_no_journal_and_the_next_start_makes_one([Range(1, 5)] int call, CancellationToken cancellationToken)
    {
        var strace = Engines.Require("strace", "apt-get install strace");
        await using var world = new JournalWorld();
        using var child = ChildProcess.Run(
            strace,
            "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:error=EIO:when={call}",
            "dotnet", typeof(ChildProgram).Assembly.Location, "faults", world.DataDirectory, "0");
        var output = await child.Output.ReadToEndAsync(cancellationToken);

        Assert.That(output, Does.Not.Contain("end"), "the start says that it failed");
        await CheckItWorksAsync(world);
    }

    [Test]
    public async Task Data_directory_may_have_any_name()
    {
        using var folder = new TemporaryFolder();
        var options = new JournalOptions { DataDirectory = folder.File("lane \"1\"; Mode=Memory 'x'"), ReserveBytes = 0, MinimumFreeBytes = 0 };
        await using (var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteJournal>.Instance))
        {
            await JournalWorld.AppendSalesAsync(journal, 1);
        }

        Assert.That(Path.Combine(options.DataDirectory, "journal", "journal.db"), Does.Exist);
    }

    private static async Task CheckItWorksAsync(JournalWorld world)
    {
        var journal = world.Open();
        await JournalWorld.AppendSalesAsync(journal, 2);
        await journal.DisposeAsync();
        Assert.That(await JournalWorld.ReadAllAsync(world.Open()), Has.Count.EqualTo(3));
    }
}
