using System.Globalization;
using System.Text;
using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

/// <summary>
/// A real process whose fsync or fdatasync fails at the n-th call of a thread: what it said it stored is there, what it said it did not is not.
/// </summary>
[Platform(Include = "Linux")]
[CancelAfter(240_000)]
public sealed class FailedFsyncTests
{
    private const int Sales = 12;
    private const string Both = "fsync,fdatasync";

    [Test]
    public async Task Every_failing_call_costs_only_what_was_refused(
        [Values(Both, "fsync", "fdatasync")] string calls, [Range(1, 16)] int call, CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, $"when={call.ToString(CultureInfo.InvariantCulture)}", cancellationToken, calls);

        await CheckAsync(world, lines);
        Assert.That(lines[^1], Is.EqualTo("end Healthy"), string.Join('\n', lines));
    }

    [Test]
    public async Task Disk_that_never_stores_again_refuses_everything_and_says_failing(CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, "when=1+", cancellationToken);

        await CheckAsync(world, lines);
        Assert.That(lines[^1], Is.EqualTo("end Failing"));
    }

    // What was refused may be found in the log when the file is opened again, and the fsync that is to take it back may fail as well.
    [Test]
    public async Task Every_run_of_failing_calls_costs_only_what_was_refused(
        [Values(Both, "fdatasync")] string calls, [Range(1, 16)] int first, [Values(2, 3)] int length, CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, string.Create(CultureInfo.InvariantCulture, $"when={first}..{first + length - 1}"), cancellationToken, calls);

        await CheckAsync(world, lines);
    }

    [Test]
    public async Task Disk_that_stores_no_more_from_some_call_on_keeps_what_was_stored(
        [Values(Both, "fdatasync")] string calls, [Range(1, 16)] int first, CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, string.Create(CultureInfo.InvariantCulture, $"when={first}+"), cancellationToken, calls);

        await CheckAsync(world, lines);
    }

    // The file is set aside when the process opens it; what is readable is written again while calls fail.
    [Test]
    public async Task Salvage_that_meets_failing_calls_brings_every_readable_entry_once(
        [Values(Both, "fdatasync")] string calls, [Range(1, 15)] int first, [Values(1, 3)] int length, CancellationToken cancellationToken)
    {
        const int before = 700;
        await using var world = new JournalWorld();
        var journal = world.Open();
        await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(1, before).Select(static i => JournalWorld.Sale($"before-{i}."))] }, cancellationToken);
        await world.DisposeOpenedAsync();
        var bytes = await File.ReadAllBytesAsync(world.Database, cancellationToken);
        bytes[bytes.AsSpan().LastIndexOf("before-77."u8)] ^= 0x20;
        await File.WriteAllBytesAsync(world.Database, bytes, cancellationToken);

        var lines = await RunAsync(world, string.Create(CultureInfo.InvariantCulture, $"when={first}..{first + length - 1}"), cancellationToken, calls);

        journal = world.Open();
        await world.KeepHouseAsync(journal, 2);
        var found = (await JournalWorld.ReadAllAsync(journal)).Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId).ToList();
        var readable = Enumerable.Range(1, before).Where(static i => i != 77).Select(static i => $"before-{i}.");
        Assert.That(found.Where(static id => id.StartsWith("before", StringComparison.Ordinal)), Is.EqualTo(readable), string.Join('\n', lines));
        Assert.That(found.Where(static id => id.StartsWith("sale", StringComparison.Ordinal)), Is.EqualTo(Ids(lines, "stored")), string.Join('\n', lines));
    }

    [Test]
    public async Task Every_write_that_finds_the_disk_full_costs_only_what_was_refused([Range(10, 40, 6)] int call, CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, $"when={call.ToString(CultureInfo.InvariantCulture)}+7", cancellationToken, "pwrite64", "ENOSPC");

        await CheckAsync(world, lines);
    }

    [Test]
    public async Task Log_that_cannot_be_written_back_costs_nothing_that_was_stored(CancellationToken cancellationToken)
    {
        await using var world = await NewAsync();
        var lines = await RunAsync(world, "when=1+", cancellationToken, sales: 900, only: world.Database);

        await CheckAsync(world, lines, sales: 900);
        await using var journal = world.Open();
        var alarms = (await JournalWorld.ReadAllAsync(journal)).Count(static e => e.Alarm is not null);
        Assert.That(alarms, Is.GreaterThan(0), "the disk's failure is told");
    }

    private static async Task<JournalWorld> NewAsync()
    {
        var world = new JournalWorld();
        await world.Open().DisposeAsync();
        return world;
    }

    // With 'only', calls on that file alone fail: the file of the database is synced when the log is written back, at no other time.
    private static async Task<List<string>> RunAsync(
        JournalWorld world, string when, CancellationToken cancellationToken, string calls = Both, string error = "EIO", int sales = Sales, string? only = null)
    {
        var strace = Engines.Require("strace", "apt-get install strace");
        using var child = ChildProcess.Run(
            strace,
            [
                "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}", "-e", $"inject={calls}:error={error}:{when}", .. only is null ? Array.Empty<string>() : ["-P", only],
                "dotnet", typeof(ChildProgram).Assembly.Location, "faults", world.DataDirectory, sales.ToString(CultureInfo.InvariantCulture),
            ]);
        var output = await child.Output.ReadToEndAsync(cancellationToken);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static async Task CheckAsync(JournalWorld world, List<string> lines, int sales = Sales)
    {
        var output = string.Join('\n', lines);
        var stored = Ids(lines, "stored");
        var noted = Ids(lines, "noted");
        Assert.That(stored.Count + Ids(lines, "refused").Count, Is.EqualTo(sales), output);
        Assert.That(noted.Count + Ids(lines, "unnoted").Count, Is.EqualTo(sales), output);
        await using var journal = world.Open();
        var entries = await JournalWorld.ReadAllAsync(journal);
        var found = entries.Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId).ToList();
        Assert.That(found, Is.EqualTo(stored), output);
        Assert.That(await StateAsync(journal, "last"), Is.EqualTo(stored.LastOrDefault()), $"state and entries are one commit\n{output}");
        Assert.That(await StateAsync(journal, "note"), Is.EqualTo(noted.LastOrDefault()), $"a refused note is no state\n{output}");
    }

    private static async Task<string?> StateAsync(SqliteJournal journal, string key) =>
        await journal.ReadStateAsync(key, CancellationToken.None) is { } value ? Encoding.UTF8.GetString(value) : null;

    private static List<string> Ids(List<string> lines, string word) =>
        [.. lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(static l => l.Split(' ')[1])];
}
