using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>
/// One event, one line: <c>2026-03-14T12:34:56.789Z INFO  Journal: text</c>. Under systemd the journal knows the time, so the line
/// begins with the priority instead (<c>&lt;6&gt;</c>, sd-daemon(3)).
/// </summary>
public sealed class LineFormatter(bool underSystemd)
{
    /// <summary>The line, with its end.</summary>
    public string LineOf(LogEvent logged)
    {
        var text = new StringBuilder();
        if (underSystemd)
        {
            text.Append('<').Append(PriorityOf(logged.Level)).Append('>');
        }
        else
        {
            text.Append(logged.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(' ').Append(WordOf(logged.Level)).Append(' ');
        }

        text.Append(logged.Room).Append(": ").Append(logged.Message);
        for (var error = logged.Error; error is not null; error = error.InnerException)
        {
            text.Append(" [").Append(error.GetType().Name).Append(": ").Append(error.Message).Append(']');
        }

        // A line break in a message would forge a line of its own.
        return text.Replace("\r", string.Empty).Replace('\n', ' ').Append('\n').ToString();
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
