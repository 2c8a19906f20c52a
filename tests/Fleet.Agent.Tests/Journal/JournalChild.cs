using System.Globalization;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Journal;

/// <summary>The process that appends and prints what was acknowledged to it, until it is killed.</summary>
internal static class JournalChild
{
    public static async Task<int> AppendUntilKilledAsync(string folder)
    {
        using var output = TextWriter.Synchronized(Console.Out);
        await AppendUntilKilledAsync(folder, output);
        return 0;
    }

    public static async Task AppendUntilKilledAsync(string folder, TextWriter output)
    {
        var options = new JournalOptions { DataDirectory = folder, ReserveBytes = 0, MinimumFreeBytes = 0, HousekeepingInterval = TimeSpan.FromMilliseconds(20) };
        await using var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async producer =>
        {
            for (var i = 0; ; i++)
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{producer}-{i}");
                var receipt = await journal.AppendAsync(
                    JournalWrite.Of(JournalWorld.Sale(id), new StateChange($"last/{producer}", System.Text.Encoding.UTF8.GetBytes(id))), CancellationToken.None);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{receipt.LastSequence} {id} ."));
            }
        }));
    }

    public static Task<int> WriteDurablyAsync(string path)
    {
        try
        {
            DurableFile.Write(path, "new"u8);
            return Task.FromResult(1);
        }
        catch (IOException error)
        {
            Console.WriteLine(error.Message);
            return Task.FromResult(0);
        }
    }

    /// <summary>
    /// Appends so many sales one after the other, a note that is state alone behind each, and prints for each whether it was stored, then whether
    /// the journal is well.
    /// </summary>
    public static async Task<int> AppendThroughFaultsAsync(string folder, int count)
    {
        var options = new JournalOptions { DataDirectory = folder, ReserveBytes = 0, MinimumFreeBytes = 0, HousekeepingInterval = TimeSpan.FromMilliseconds(50) };
        await using var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        for (var i = 0; i < count; i++)
        {
            await TryAsync(journal, $"sale-{i}", JournalWrite.Of(JournalWorld.Sale($"sale-{i}"), Note("last", $"sale-{i}")), "stored", "refused");
            await TryAsync(journal, $"sale-{i}", new JournalWrite { State = [Note("note", $"sale-{i}")] }, "noted", "unnoted");
        }

        Console.WriteLine($"end {journal.Condition}");
        return 0;
    }

    private static StateChange Note(string key, string value) => new(key, System.Text.Encoding.UTF8.GetBytes(value));

    private static async Task TryAsync(ITransactionJournal journal, string name, JournalWrite write, string stored, string refused)
    {
        try
        {
            await journal.AppendAsync(write, CancellationToken.None);
            Console.WriteLine($"{stored} {name}");
        }
        catch (JournalFaultException fault)
        {
            Console.WriteLine($"{refused} {name} {fault.Fault}");
        }
    }
}
