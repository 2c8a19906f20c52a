using System.Text.Json;
using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>Writes what passes on the wire as lines of JSON, as the terminal sees it. Thread-safe.</summary>
public sealed class TraceFile(string path) : IZvtTrace, IDisposable
{
    private readonly Lock _lock = new();
    private readonly TraceContext _context = new(ZvtDirection.Received);
    private readonly StreamWriter _file = new(path, append: false);

    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        lock (_lock)
        {
            _file.WriteLine(TraceLine.Of(entry, ZvtDirection.Received, _context.Of(entry), keepsTexts: true).ToJson());
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
                lines.Add(TraceLine.FromJson(text));
            }
            catch (JsonException wrong)
            {
                throw new InvalidDataException($"{path}, line {index + 1}: {wrong.Message}", wrong);
            }
        }

        return lines;
    }
}
