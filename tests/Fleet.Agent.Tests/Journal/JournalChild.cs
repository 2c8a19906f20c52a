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

    /// <summary>Appends so many sales one after the other and prints for each whether it was stored, then whether the journal is well.</summary>
    public static async Task<int> AppendThroughFaultsAsync(string folder, int count)
    {
        var options = new JournalOptions { DataDirectory = folder, ReserveBytes = 0, MinimumFreeBytes = 0, HousekeepingInterval = TimeSpan.FromMilliseconds(50) };
        await using var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        for (var i = 0; i < count; i++)
        {
            try
            {
                await journal.AppendAsync(
                    JournalWrite.Of(JournalWorld.Sale($"sale-{i}"), new StateChange("last", System.Text.Encoding.UTF8.GetBytes($"sale-{i}"))), CancellationToken.None);
                Console.WriteLine($"stored sale-{i}");
            }
            catch (JournalFaultException fault)
            {
                Console.WriteLine($"refused sale-{i} {fault.Fault}");
            }
        }

        Console.WriteLine($"end {journal.Condition}");
        return 0;
    }
}
