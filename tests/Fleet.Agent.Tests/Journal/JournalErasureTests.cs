using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Journal;

/// <summary>The end of a retired terminal's journal, cut at every step.</summary>
public sealed class JournalErasureTests
{
    private static readonly Tombstone Buried = new("command-1", TestClock.Start, Key: null, Erased: null);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Key_goes_first_then_every_file_and_the_tombstone_says_so()
    {
        var data = await MadeAsync("data");
        var points = new Points();

        var done = Buried.Bury(data, points, new TestClock());

        Assert.That((done.Key, done.Erased), Is.EqualTo(((KeyFate?)KeyFate.Destroyed, (DateTimeOffset?)TestClock.Start)));
        Assert.That(Tombstone.Find(data), Is.EqualTo(done));
        Assert.That(JournalErasure.Remains(data), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(data).Select(Path.GetFileName), Is.SubsetOf(new[] { "retired.json", "journal.lock" }));
        Assert.That(done.Bury(data, new Points(0), new TestClock()), Is.EqualTo(done), "nothing is done twice");
    }

    [Test]
    public async Task Another_terminal_does_not_move_into_the_directory_of_a_retired_one()
    {
        Buried.Write(_folder.Path);

        var code = await AgentCommandLine.RunAsync(["enroll", "--token", "any", "--server", "https://127.0.0.1:1", "--data", _folder.Path], CancellationToken.None);

        Assert.That(code, Is.EqualTo(AgentCommandLine.BuriedExitCode));
    }

    [Test]
    public async Task Erasure_that_is_cut_at_any_step_is_finished_by_the_next_start()
    {
        var all = new Points();
        Buried.Bury(await MadeAsync("whole"), all, new TestClock());
        Assert.That(all.Passed, Has.Count.GreaterThanOrEqualTo(7));
        for (var n = 0; n < all.Passed.Count; n++)
        {
            var data = await MadeAsync($"cut-{n}");
            Buried.Write(data);
            Assert.That(() => Tombstone.Find(data)!.Bury(data, new Points(n), new TestClock()), Throws.InstanceOf<CutException>());

            var left = Tombstone.Find(data);
            var done = left!.Bury(data, new Points(), new TestClock());

            Assert.That((done.Key, done.Erased is not null, JournalErasure.Remains(data).Count), Is.EqualTo(((KeyFate?)KeyFate.Destroyed, true, 0)), all.Passed[n]);
        }
    }

    [Test]
    public async Task Without_its_key_the_journal_that_is_still_there_cannot_be_read()
    {
        var data = await MadeAsync("data");
        Assert.That(() => Buried.Bury(data, new Points(cutAtName: "journal-erase-key-gone"), new TestClock()), Throws.InstanceOf<CutException>());
        Assert.That(Directory.Exists(Path.Combine(data, "journal")), Is.True);

        var fault = Assert.Throws<JournalFaultException>(() => Open(data));
        Assert.That(fault!.Fault, Is.EqualTo(JournalFault.KeyMissing));
        var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(data, "journal", "journal.db")));
        Assert.That(text, Does.Not.Contain("a secret of the shop"));
    }

    [Test]
    public async Task Journal_that_was_never_encrypted_is_said_to_be_so()
    {
        var data = await MadeAsync("data", encryption: false);
        var done = Buried.Bury(data, new Points(), new TestClock());

        Assert.That((done.Key, done.Text), Is.EqualTo(((KeyFate?)KeyFate.None, done.Text)));
        Assert.That(done.Text, Does.Contain("not encrypted"));
    }

    [Test]
    public async Task Damaged_tombstone_is_an_error_and_not_a_new_beginning()
    {
        var data = await MadeAsync("data");
        await File.WriteAllTextAsync(Path.Combine(data, "retired.json"), "{");
        Assert.That(() => Tombstone.Find(data), Throws.InstanceOf<JournalFaultException>().With.Message.Contain("retired"));
    }

    private async Task<string> MadeAsync(string name, bool encryption = true)
    {
        var data = _folder.File(name);
        await using (var journal = Open(data, encryption))
        {
            var alarm = new JournalEntry { Alarm = new Alarm { Code = "X", Detail = "a secret of the shop" } };
            await journal.AppendAsync(JournalWrite.Of(alarm), CancellationToken.None);
        }

        Directory.CreateDirectory(Path.Combine(data, "journal-damaged-20260314T123456Z-0011"));
        await File.WriteAllBytesAsync(Path.Combine(data, "journal-damaged-20260314T123456Z-0011", "journal.db"), [1, 2, 3]);
        return data;
    }

    private static SqliteJournal Open(string data, bool encryption = true) => SqliteJournal.Open(
        new JournalOptions { DataDirectory = data, ReserveBytes = 4096, MinimumFreeBytes = 0, Encryption = encryption },
        TimeProvider.System,
        NoCrashPoints.Instance,
        NullLogger<SqliteJournal>.Instance);

    private sealed class CutException : Exception;

    /// <summary>Counts, and cuts the power at the n-th passage or at a name.</summary>
    private sealed class Points(int? cutAt = null, string? cutAtName = null) : ICrashPoints
    {
        public List<string> Passed { get; } = [];

        public void Reached(string point)
        {
            Passed.Add(point);
            if (Passed.Count - 1 == cutAt || point == cutAtName)
            {
                throw new CutException();
            }
        }
    }
}
