using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Fleet.Agent.Commands;
using Fleet.Agent.Health;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Zvt;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Agent.Hosting.Diagnostics;

/// <summary>
/// The bundle: versions, status, settings in force, where the journal stands with its last entries, open commands, the last lines of the
/// log, the last lines of the line trace. Every part but the trace, which is redacted by parsing, is masked as text once more, whatever it was made
/// from; passwords are left out.
/// </summary>
public sealed class DiagnosticsBundle(IServiceProvider rooms, ITransactionJournal journal, RunningSettings settings, RecentLog log, LineTrace trace) : IDiagnosticsSource
{
    private const int LastEntries = 200;
    private const int MostBytes = 512 * 1024;
    private const int MostTrace = 2 * 1024 * 1024;
    private const string TraceName = "trace.jsonl";

    /// <inheritdoc/>
    public async Task<byte[]> CollectAsync(int largest, CancellationToken cancellationToken)
    {
        List<(string Name, string Text)> parts =
        [
            ("about.txt", About()),
            ("status.json", JsonSerializer.Serialize(StatusDocument.Read(rooms.GetServices<IStatusSource>()), StatusJson.Default.StatusDocument)),
            ("settings.txt", Settings()),
            ("commands.txt", string.Join('\n', rooms.GetRequiredService<CommandStore>().Open.Select(static c => $"{c.Counter} {c.Id} {c.Kind} {c.Stage} {c.BlockedReason}"))),
        ];
        var entries = await EntriesAsync(cancellationToken);
        var lines = log.Lines.ToList();
        var recorded = (await trace.ReadAsync(MostTrace, cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        while (true)
        {
            var archive = Pack([.. parts, ("journal.txt", string.Join('\n', entries)), ("log.txt", string.Join('\n', lines)), (TraceName, string.Join('\n', recorded))]);
            if (archive.Length <= largest || (entries.Count == 0 && lines.Count == 0 && recorded.Count == 0))
            {
                return archive;
            }

            // The oldest half goes first.
            lines.RemoveRange(0, (lines.Count + 1) / 2);
            entries.RemoveRange(0, (entries.Count + 1) / 2);
            recorded.RemoveRange(0, (recorded.Count + 1) / 2);
        }
    }

    private static byte[] Pack(IEnumerable<(string Name, string Text)> parts)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in parts)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                entry.Write(Encoding.UTF8.GetBytes(name == TraceName ? text : CardNumber.MaskInText(text)));
            }
        }

        return bytes.ToArray();
    }

    private static string About() => string.Join('\n', [$"fleet-agent {AgentVersion.Text}", RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription]);

    private string Settings() => string.Join('\n', settings.Values.Select(static s => $"{s.Key}: {(IsSecret(s.Key) ? "(left out)" : s.Value)}"));

    private static bool IsSecret(string key) => key.EndsWith("password", StringComparison.OrdinalIgnoreCase);

    private async Task<List<string>> EntriesAsync(CancellationToken cancellationToken)
    {
        var position = journal.Position;
        var first = position.LastSequence > LastEntries ? position.LastSequence - LastEntries : 0;
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"epoch {position.Epoch} last {position.LastSequence} acknowledged {position.AcknowledgedThrough} condition {journal.Condition}"),
        };
        try
        {
            var run = await journal.ReadAsync(first, LastEntries, MostBytes, cancellationToken);
            lines.AddRange(run.Entries.Select(static e => e.Parse()).Select(static e =>
            {
                // A bundle inside a bundle would grow with each.
                if (e.Command is { Attachment: { } attachment })
                {
                    attachment.Content = ByteString.Empty;
                }

                return e.ToString();
            }));
        }
        catch (JournalFaultException fault)
        {
            lines.Add("entries cannot be read: " + fault.Message);
        }

        return lines;
    }
}
