using System.Text;
using Fleet.Agent.Hosting;
using Fleet.Testing;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Tests.Hosting;

public sealed class AgentLogTests
{
    private readonly TestClock _clock = new();
    private readonly LogLevelSwitch _level = new(LogLevel.Information);
    private readonly List<LogEvent> _taken = [];

    [SetUp]
    public void SetUp() => _taken.Clear();

    [Test]
    public void Event_reaches_every_sink_as_text_with_the_last_word_of_its_category()
    {
        var other = new List<LogEvent>();
        using var log = new AgentLog(_level, [new ListSink(_taken), new ListSink(other)], _clock);
        var error = new IOException("no");

        log.CreateLogger("Fleet.Agent.Journal.SqliteJournal").Log(LogLevel.Warning, new EventId(1101), 42, error, static (state, _) => $"value {state}");

        Assert.That(_taken, Is.EqualTo(new[] { new LogEvent(_clock.GetUtcNow(), LogLevel.Warning, new EventId(1101), "SqliteJournal", "value 42", error) }));
        Assert.That(other, Is.EqualTo(_taken));
    }

    [Test]
    public void Level_is_asked_at_every_event()
    {
        using var log = new AgentLog(_level, [new ListSink(_taken)], _clock);
        var logger = log.CreateLogger("Fleet.Agent.Till.TillSession");
        Assert.That(logger.IsEnabled(LogLevel.Debug), Is.False);
        Say(logger, "before");

        _level.IsTracing = true;
        Say(logger, "while");
        _level.IsTracing = false;
        Say(logger, "after");

        Assert.That(_taken.Select(static t => t.Message), Is.EqualTo(new[] { "while" }));
        Assert.That(logger.IsEnabled(LogLevel.None), Is.False);
    }

    [Test]
    public async Task Output_has_every_line_once_it_is_closed()
    {
        using var output = new MemoryStream();
        await using (var sink = new LogOutput(new LineFormatter(underSystemd: true), output, _clock))
        {
            for (var i = 0; i < 2_000; i++)
            {
                sink.Take(EventOf($"line {i} ü"));
            }
        }

        Assert.That(Encoding.UTF8.GetString(output.ToArray()), Is.EqualTo(string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"<6>Room: line {i} ü\n"))));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Output_that_nobody_takes_makes_nobody_wait_and_drops_the_oldest(CancellationToken cancellationToken)
    {
        using var output = new StuckStream();
        var sink = new LogOutput(new LineFormatter(underSystemd: true), output, _clock);
        sink.Take(EventOf("first"));
        await output.Reached.WaitAsync(cancellationToken);

        for (var i = 0; i < 10_000; i++)
        {
            sink.Take(EventOf($"line {i}"));
        }

        output.Release();
        await sink.DisposeAsync();
        var lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[0], Is.EqualTo("<6>Room: first"));
        Assert.That(lines[^1], Is.EqualTo("<6>Room: line 9999"));
        Assert.That(lines, Has.Length.EqualTo(2_501));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Agent_ends_although_nobody_takes_its_output(CancellationToken cancellationToken)
    {
        using var output = new StuckStream();
        var sink = new LogOutput(new LineFormatter(underSystemd: true), output, _clock);
        sink.Take(EventOf("first"));
        await output.Reached.WaitAsync(cancellationToken);

        var ending = sink.DisposeAsync().AsTask();
        Assert.That(ending.IsCompleted, Is.False, "it is given a moment");
        _clock.Advance(TimeSpan.FromSeconds(3));

        await ending.WaitAsync(cancellationToken);
        output.Release();
    }

    [Test]
    public async Task Output_whose_reader_has_gone_ends_nothing()
    {
        using var output = new BrokenStream();
        var sink = new LogOutput(new LineFormatter(underSystemd: true), output, _clock);
        sink.Take(EventOf("first"));

        await sink.DisposeAsync();

        Assert.That(output.Attempts, Is.EqualTo(1));
    }

    private static void Say(ILogger logger, string text) => logger.Log(LogLevel.Debug, default, text, null, static (state, _) => state);

    private static LogEvent EventOf(string text) => new(default, LogLevel.Information, default, "Room", text, null);

    private sealed class ListSink(List<LogEvent> taken) : ILogSink
    {
        public void Take(LogEvent logged) => taken.Add(logged);
    }

    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public Task Reached => _reached.Task;

        public string Text => Encoding.UTF8.GetString(ToArray());

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _reached.TrySetResult();
            _released.Wait(TimeSpan.FromSeconds(15));
            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            _released.Set();
            base.Dispose(disposing);
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public int Attempts { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Attempts++;
            throw new IOException("broken pipe");
        }
    }
}
