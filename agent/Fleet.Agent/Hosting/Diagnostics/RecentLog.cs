using System.Globalization;
using Fleet.Zvt;

namespace Fleet.Agent.Hosting.Diagnostics;

/// <summary>The last lines that were logged, in memory, for a bundle of diagnostics. Card numbers are masked before a line is kept.</summary>
public sealed class RecentLog : ILogSink
{
    private const int MostLines = 500;
    private const int LongestLine = 600;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();

    /// <summary>The lines, oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <inheritdoc/>
    public void Take(LogEvent logged)
    {
        var time = logged.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var fault = logged.Error is { } error ? $" [{error.GetType().Name}: {error.Message}]" : string.Empty;
        Keep($"{time} {logged.Level} {logged.Room}: {logged.Message}{fault}");
    }

    private void Keep(string line)
    {
        var masked = CardNumber.MaskInText(line.ReplaceLineEndings(" "));
        lock (_lock)
        {
            _lines.Enqueue(masked.Length <= LongestLine ? masked : masked[..LongestLine]);
            if (_lines.Count > MostLines)
            {
                _lines.Dequeue();
            }
        }
    }
}
