using System.Text.Json;
using Fleet.Simulator.Storage;
using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>Writes what passes on the wire as lines of JSON, as the terminal sees it. Thread-safe.</summary>
public sealed class TraceFile(string path) : IZvtTrace, IDisposable
{
    private readonly Lock _lock = new();
    private readonly TraceContext _context = new();
    private readonly StreamWriter _file = new(path, append: false);

    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        lock (_lock)
        {
            var context = _context.Of(entry);
            var line = new TraceLine(
                entry.Time,
                entry.Direction == ZvtDirection.Sent ? TraceLine.Terminal : TraceLine.Till,
                entry.Kind,
                entry.Apdu is { } apdu && CardData.Redact(apdu, context) is { } safe ? Convert.ToHexString(safe.ToArray()) : null,
                entry.Apdu is null ? entry.Note ?? $"{entry.Kind}" : ZvtPrinter.Print(entry.Apdu, context));
            _file.WriteLine(JsonSerializer.Serialize(line, SimulatorJson.Options));
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }

    /// <summary>Reads a trace.</summary>
    /// <exception cref="InvalidDataException">A line is no trace line; the text names it.</exception>
    public static IReadOnlyList<TraceLine> Read(string path)
    {
        var lines = new List<TraceLine>();
        foreach (var (text, index) in File.ReadLines(path).Select(static (text, index) => (text, index)))
        {
            try
            {
                var line = JsonSerializer.Deserialize<TraceLine>(text, SimulatorJson.Options);
                lines.Add(line is { From: TraceLine.Till or TraceLine.Terminal } ? line : throw new JsonException("'from' is till or terminal"));
            }
            catch (JsonException wrong)
            {
                throw new InvalidDataException($"{path}, line {index + 1}: {wrong.Message}", wrong);
            }
        }

        return lines;
    }
}
