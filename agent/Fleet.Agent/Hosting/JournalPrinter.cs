using System.Globalization;
using System.Text.Json;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Hosting;

/// <summary>The verb <c>fleet-agent journal</c>.</summary>
internal static class JournalPrinter
{
    /// <summary>Prints what the journal of a data directory holds; 1 when it cannot be proven.</summary>
    public static async Task<int> PrintAsync(string dataDirectory, bool json, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            var summary = JournalAudit.Read(new JournalOptions { DataDirectory = dataDirectory }, cancellationToken);
            await output.WriteLineAsync(json ? JsonSerializer.Serialize(summary, JournalSummaryJson.Default.JournalSummary) : Render(summary));
            return 0;
        }
        catch (JournalFaultException fault)
        {
            await error.WriteLineAsync($"fleet-agent: {fault.Message}");
            return 1;
        }
    }

    private static string Render(JournalSummary summary)
    {
        string[] lines =
        [
            $"Epoch          {summary.Epoch}",
            $"Entries        {summary.FirstSequence} to {summary.LastSequence}, every one proven",
            $"At the server  through {summary.AcknowledgedThrough}, {summary.LastSequence - summary.AcknowledgedThrough} still here",
            $"Chain hash     {summary.LastHash}",
            .. summary.Approved.Select(static c => string.Create(
                CultureInfo.InvariantCulture, $"Approved       {c.Count} = {c.Sum.MinorUnits / 100m:0.00} {c.Sum.Currency}")),
            $"Unknown        {summary.Unknown}",
            $"Pending        {summary.Pending}",
        ];
        return string.Join('\n', lines);
    }
}
