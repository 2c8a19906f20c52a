using System.Globalization;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting.Diagnostics;

/// <summary>The last lines that were logged, in memory, for a bundle of diagnostics. Card numbers are masked before a line is kept.</summary>
public sealed class RecentLog(TimeProvider clock) : ILoggerProvider
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
    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held but memory.
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

    private sealed class Line(RecentLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var time = log.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var fault = exception is null ? string.Empty : $" [{exception.GetType().Name}: {exception.Message}]";
            log.Keep($"{time} {logLevel} {category}: {formatter(state, exception)}{fault}");
        }
    }

    private DateTimeOffset Time => clock.GetUtcNow();
}
