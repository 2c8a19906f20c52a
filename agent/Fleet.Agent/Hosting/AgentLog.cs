using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>
/// The agent's log. An event becomes text where it is made and goes to every sink as that: whatever handled it as what it was made from would be compiled
/// for each shape of message when it is first met, at the start and in the middle of the first payment.
/// </summary>
public sealed class AgentLog(LogLevelSwitch level, IEnumerable<ILogSink> sinks, TimeProvider clock) : ILoggerFactory
{
    private readonly ILogSink[] _sinks = [.. sinks];

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Room(this, categoryName);

    /// <summary>The sinks are fixed from the start.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Events go to sinks.");

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each sink has its own end.
    }

    private void Write(LogEvent logged)
    {
        foreach (var sink in _sinks)
        {
            sink.Take(logged);
        }
    }

    private sealed class Room(AgentLog log, string category) : ILogger
    {
        private readonly string _name = category[(category.LastIndexOf('.') + 1)..];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && log.Allows(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(new LogEvent(log.Now, logLevel, eventId, _name, formatter(state, exception), exception));
            }
        }
    }

    private DateTimeOffset Now => clock.GetUtcNow();

    private bool Allows(string category, LogLevel logLevel) => level.Allows(category, logLevel);
}
