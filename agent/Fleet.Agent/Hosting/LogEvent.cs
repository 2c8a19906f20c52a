using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>Something that was logged, as text.</summary>
/// <param name="Time">When, in UTC.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Id">Number of the event.</param>
/// <param name="Room">Last word of its category.</param>
/// <param name="Message">What happened.</param>
/// <param name="Error">What was thrown, or null.</param>
public sealed record LogEvent(DateTimeOffset Time, LogLevel Level, EventId Id, string Room, string Message, Exception? Error);

/// <summary>Takes what is logged. Called by any thread, also in the middle of a payment: it must not wait.</summary>
public interface ILogSink
{
    /// <summary>Takes one event.</summary>
    void Take(LogEvent logged);
}
