using System.Globalization;

namespace Fleet.Agent.Tests.Journal;

public sealed class KillTests
{
    [Test]
    public async Task Kill_at_any_moment_loses_nothing_that_was_acknowledged()
    {
        await using var world = new JournalWorld();
        var acknowledged = new Dictionary<ulong, string>();
        var random = new Random(20260314);
        for (var round = 0; round < 5; round++)
        {
            using var child = ChildProcess.Start("append", world.DataDirectory);

            // Behind some hundred commits the log is written back again and again.
            var until = round % 2 == 0 ? random.Next(20, 200) : random.Next(2_000, 4_000);
            for (var i = 0; i < until; i++)
            {
                Note(await child.Output.ReadLineAsync(), acknowledged);
            }

            child.Kill();
            while (await child.Output.ReadLineAsync() is { } line)
            {
                Note(line, acknowledged);
            }

            await child.ExitAsync(CancellationToken.None);
            await using var journal = world.Open();
            var entries = await JournalWorld.ReadAllAsync(journal);
            var stored = entries.Skip(1).ToDictionary(static e => e.Sequence, static e => e.Transaction.TransactionId);
            Assert.That(acknowledged.Where(a => stored.GetValueOrDefault(a.Key) != a.Value), Is.Empty);
            Assert.That(stored.Values, Is.Unique);
            await foreach (var (_, value) in journal.ReadStatesAsync("last/", CancellationToken.None))
            {
                Assert.That(stored.Values, Does.Contain(System.Text.Encoding.UTF8.GetString(value)), "state and entry are one commit");
            }
        }
    }

    // The last line may be cut off by the kill itself.
    private static void Note(string? line, Dictionary<ulong, string> acknowledged)
    {
        if (line?.Split(' ') is [var sequence, var id, "."] && ulong.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            acknowledged[number] = id;
        }
    }
}
