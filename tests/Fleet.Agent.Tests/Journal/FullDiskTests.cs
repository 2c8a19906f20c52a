using System.Diagnostics;
using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

/// <summary>A journal on a file system of its own that is filled up.</summary>
[Platform(Include = "Linux")]
[CancelAfter(120_000)]
public sealed class FullDiskTests
{
    private const long DiskBytes = 12L * 1024 * 1024;

    [Test]
    public async Task Full_disk_stops_new_payments_first_and_recovers_by_itself(CancellationToken cancellationToken)
    {
        using var disk = new SmallDisk();
        await using var world = new JournalWorld();
        var filler = Path.Combine(disk.Path, "filler");
        world.Configure = _ => new JournalOptions { DataDirectory = Path.Combine(disk.Path, "data"), ReserveBytes = 1024 * 1024, MinimumFreeBytes = 2 * 1024 * 1024 };
        var journal = world.Open();
        await JournalWorld.AppendSalesAsync(journal, 3);

        Fill(filler, disk.FreeBytes - (1024 * 1024));
        await world.KeepHouseAsync(journal);

        Assert.That(journal.Condition, Is.EqualTo(JournalCondition.SpaceShort));
        var intent = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.AppendAsync(JournalWrite.Of(JournalWorld.Intent("new")), cancellationToken));
        Assert.That(intent!.Fault, Is.EqualTo(JournalFault.SpaceShort));
        var health = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.AppendAsync(JournalWrite.Of(JournalWorld.Health()), cancellationToken));
        Assert.That(health!.Fault, Is.EqualTo(JournalFault.SpaceShort));

        // What runs is finished, out of the reserve in the end.
        Fill(filler, DiskBytes);
        var stored = await AppendUntilFullAsync(journal, cancellationToken);
        Assert.That(stored, Is.GreaterThan(100));
        Assert.That(File.Exists(Path.Combine(disk.Path, "data", "journal.reserve")), Is.False);

        File.Delete(filler);
        await world.KeepHouseAsync(journal, 2);
        Assert.That(journal.Condition, Is.EqualTo(JournalCondition.Healthy));
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Intent("again")), cancellationToken);
        Assert.That(File.Exists(Path.Combine(disk.Path, "data", "journal.reserve")), Is.True);
        Assert.That((await JournalWorld.ReadAllAsync(journal)).Count(static e => e.Transaction is not null), Is.EqualTo(3 + stored));
        await journal.DisposeAsync();
    }

    private static async Task<int> AppendUntilFullAsync(SqliteJournal journal, CancellationToken cancellationToken)
    {
        for (var stored = 0; ; stored++)
        {
            try
            {
                await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale($"full-{stored}")), cancellationToken);
            }
            catch (JournalFaultException fault)
            {
                Assert.That(fault.Fault, Is.EqualTo(JournalFault.DiskFull));
                return stored;
            }
        }
    }

    private static void Fill(string path, long bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Append, FileAccess.Write);
        var block = new byte[4096];
        try
        {
            for (var at = RandomAccess.GetLength(file); bytes > 0; at += block.Length, bytes -= block.Length)
            {
                RandomAccess.Write(file, block, at);
            }
        }
        catch (IOException)
        {
            // Full, as intended.
        }
    }

    private sealed class SmallDisk : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public SmallDisk()
        {
            if (Run("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "tmpfs", _folder.Path) != 0)
            {
                Assert.Ignore("A file system of its own needs root: mount -t tmpfs failed.");
            }
        }

        public string Path => _folder.Path;

        public long FreeBytes => new DriveInfo(_folder.Path).AvailableFreeSpace;

        public void Dispose()
        {
            Run("umount", "-l", _folder.Path);
            _folder.Dispose();
        }

        private static int Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
