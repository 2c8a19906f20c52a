using System.Globalization;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Journal;

/// <summary>The process that appends and prints what was acknowledged to it, until it is killed.</summary>
internal static class JournalChild
{
    public static async Task<int> AppendUntilKilledAsync(string folder)
    {
        var options = new JournalOptions { DataDirectory = folder };
        await using var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        using var output = TextWriter.Synchronized(Console.Out);
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
        return 0;
    }
}
