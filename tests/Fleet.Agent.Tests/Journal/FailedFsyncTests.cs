using System.Globalization;
using System.Text;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

/// <summary>
/// A real process whose fsync fails at the n-th call of a thread: what it said it stored is there, what it said it did not is not.
/// </summary>
[Platform(Include = "Linux")]
[CancelAfter(240_000)]
public sealed class FailedFsyncTests
{
    private const int Sales = 12;

    [Test]
    public async Task Every_failing_call_costs_only_what_was_refused([Range(1, 16)] int call, CancellationToken cancellationToken)
    {
        await using var world = new JournalWorld();
        var lines = await RunAsync(world, $"when={call.ToString(CultureInfo.InvariantCulture)}", cancellationToken);

        await CheckAsync(world, lines);
        Assert.That(lines[^1], Is.EqualTo("end Healthy"), string.Join('\n', lines));
    }

    [Test]
    public async Task Disk_that_never_stores_again_refuses_everything_and_says_failing(CancellationToken cancellationToken)
    {
        await using var world = new JournalWorld();
        var lines = await RunAsync(world, "when=1+", cancellationToken);

        await CheckAsync(world, lines);
        Assert.That(lines[^1], Is.EqualTo("end Failing"));
    }

    [Test]
    public async Task Every_write_that_finds_the_disk_full_costs_only_what_was_refused([Range(10, 40, 6)] int call, CancellationToken cancellationToken)
    {
        await using var world = new JournalWorld();
        var lines = await RunAsync(world, $"when={call.ToString(CultureInfo.InvariantCulture)}+7", cancellationToken, "pwrite64", "ENOSPC");

        await CheckAsync(world, lines);
    }

    [Test]
    public async Task Log_that_cannot_be_written_back_costs_nothing_that_was_stored(CancellationToken cancellationToken)
    {
        await using var world = new JournalWorld();
        var lines = await RunAsync(world, "when=1+", cancellationToken, sales: 900, only: world.Database);

        await CheckAsync(world, lines, sales: 900);
        await using var journal = world.Open();
        var alarms = (await JournalWorld.ReadAllAsync(journal)).Count(static e => e.Alarm is not null);
        Assert.That(alarms, Is.GreaterThan(0), "the disk's failure is told");
    }

    // With 'only', calls on that file alone fail: the file of the database is synced when the log is written back, at no other time.
    private static async Task<List<string>> RunAsync(
        JournalWorld world, string when, CancellationToken cancellationToken, string calls = "fsync,fdatasync", string error = "EIO", int sales = Sales, string? only = null)
    {
        await world.Open().DisposeAsync();
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
        var stored = Ids(lines, "stored");
        var refused = Ids(lines, "refused");
        Assert.That(stored.Count + refused.Count, Is.EqualTo(sales), string.Join('\n', lines));
        await using var journal = world.Open();
        var entries = await JournalWorld.ReadAllAsync(journal);
        var found = entries.Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId).ToList();
        Assert.That(found, Is.EqualTo(stored), string.Join('\n', lines));
        if (await journal.ReadStateAsync("last", CancellationToken.None) is { } last)
        {
            Assert.That(Encoding.UTF8.GetString(last), Is.EqualTo(stored[^1]), "state and entries are one commit");
        }
    }

    private static List<string> Ids(List<string> lines, string word) =>
        [.. lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(static l => l.Split(' ')[1])];
}
