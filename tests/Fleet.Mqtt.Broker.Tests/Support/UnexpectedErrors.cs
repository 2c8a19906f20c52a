using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>Collects what was logged as an error by any broker of this test run; the fixture set-up fails on it.</summary>
internal sealed class UnexpectedErrors : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _errors = new();

    public static UnexpectedErrors Instance { get; } = new();

    /// <summary>Everything so far, and forgets it.</summary>
    public string[] Take()
    {
        List<string> taken = [];
        while (_errors.TryDequeue(out var error))
        {
            taken.Add(error);
        }

        return [.. taken];
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _errors.Enqueue($"{eventId.Id}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
        // One for the whole run.
    }
}
