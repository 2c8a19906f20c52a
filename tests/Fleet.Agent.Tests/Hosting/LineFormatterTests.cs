using Fleet.Agent.Hosting;
using Fleet.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Hosting;

public sealed class LineFormatterTests
{
    [Test]
    public void Event_is_one_line_with_time_level_room_and_text()
    {
        Assert.That(Format(LogLevel.Warning, "low paper", null), Is.EqualTo("2026-03-14T12:34:56.000Z WARN  SqliteJournal: low paper\n"));
    }

    [Test]
    public void Systemd_gets_the_priority_instead_of_the_time()
    {
        Assert.That(Format(LogLevel.Critical, "disk", null, underSystemd: true), Is.EqualTo("<2>SqliteJournal: disk\n"));
    }

    [Test]
    public void Line_breaks_forge_no_second_line()
    {
        var text = Format(LogLevel.Error, "a\r\n<0>forged", new IOException("b\nc", new InvalidOperationException("d")));

        Assert.That(text, Is.EqualTo("2026-03-14T12:34:56.000Z ERROR SqliteJournal: a <0>forged [IOException: b c] [InvalidOperationException: d]\n"));
    }

    private static string Format(LogLevel level, string text, Exception? error, bool underSystemd = false)
    {
        using var writer = new StringWriter();
        var entry = new LogEntry<string>(level, "Fleet.Agent.Journal.SqliteJournal", default, text, error, static (state, _) => state);
        new LineFormatter(new TestClock(), underSystemd).Write(in entry, null, writer);
        return writer.ToString();
    }
}
