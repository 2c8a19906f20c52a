using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Fleet.Agent.Hosting;

/// <summary>
/// One event, one line: <c>2026-03-14T12:34:56.789Z INFO Journal: text</c>. Under systemd the journal knows the time, so the line
/// begins with the priority instead (<c>&lt;6&gt;</c>, sd-daemon(3)).
/// </summary>
public sealed class LineFormatter(TimeProvider clock, bool underSystemd) : ConsoleFormatter(FormatterName)
{
    /// <summary>Name it is registered under.</summary>
    public const string FormatterName = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = new StringBuilder();
        if (underSystemd)
        {
            text.Append('<').Append(PriorityOf(logEntry.LogLevel)).Append('>');
        }
        else
        {
            text.Append(clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(' ').Append(WordOf(logEntry.LogLevel)).Append(' ');
        }

        text.Append(logEntry.Category.AsSpan(logEntry.Category.LastIndexOf('.') + 1)).Append(": ");
        text.Append(logEntry.Formatter(logEntry.State, logEntry.Exception));
        for (var error = logEntry.Exception; error is not null; error = error.InnerException)
        {
            text.Append(" [").Append(error.GetType().Name).Append(": ").Append(error.Message).Append(']');
        }

        // A line break in a message would forge a line of its own.
        text.Replace("\r", string.Empty).Replace('\n', ' ');
        textWriter.Write(text.Append('\n').ToString());
    }

    private static char PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => '7',
        LogLevel.Information => '6',
        LogLevel.Warning => '4',
        LogLevel.Error => '3',
        LogLevel.Critical => '2',
        LogLevel.None => '6',
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no such level"),
    };

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "ALARM",
        LogLevel.None => "     ",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no such level"),
    };
}
