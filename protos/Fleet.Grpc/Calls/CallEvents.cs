using System.Diagnostics.Tracing;

namespace Grpc.Core.Internal;

/// <summary>
/// Counters of calls and messages for <c>dotnet-counters</c> and the like, under the names of the official packages. Asked whether it
/// is enabled before each use: without a listener nothing is counted.
/// </summary>
internal sealed class CallEvents : EventSource
{
    private readonly bool _serves;
    private PollingCounter[]? _counters;

    private long _total;
    private long _current;
    private long _failed;
    private long _deadlineExceeded;
    private long _sent;
    private long _received;
    private long _unimplemented;

    /// <summary>Counts under a name; tests use their own.</summary>
    /// <param name="name">Name of the source.</param>
    /// <param name="serves">Calls are served, not made.</param>
    internal CallEvents(string name, bool serves)
        : base(name) => _serves = serves;

    /// <summary>Of the calls made here.</summary>
    public static CallEvents Client { get; } = new("Grpc.Net.Client", serves: false);

    /// <summary>Of the calls served here.</summary>
    public static CallEvents Server { get; } = new("Grpc.AspNetCore.Server", serves: true);

    [Event(1, Level = EventLevel.Verbose)]
    public void CallStart(string method)
    {
        Interlocked.Increment(ref _total);
        Interlocked.Increment(ref _current);
        WriteEvent(1, method);
    }

    [Event(2, Level = EventLevel.Verbose)]
    public void CallStop()
    {
        Interlocked.Decrement(ref _current);
        WriteEvent(2);
    }

    [Event(3, Level = EventLevel.Error)]
    public void CallFailed(int statusCode)
    {
        Interlocked.Increment(ref _failed);
        WriteEvent(3, statusCode);
    }

    [Event(4, Level = EventLevel.Error)]
    public void CallDeadlineExceeded()
    {
        Interlocked.Increment(ref _deadlineExceeded);
        WriteEvent(4);
    }

    [Event(5, Level = EventLevel.Verbose)]
    public void MessageSent()
    {
        Interlocked.Increment(ref _sent);
        WriteEvent(5);
    }

    [Event(6, Level = EventLevel.Verbose)]
    public void MessageReceived()
    {
        Interlocked.Increment(ref _received);
        WriteEvent(6);
    }

    [Event(7, Level = EventLevel.Verbose)]
    public void CallUnimplemented(string method)
    {
        Interlocked.Increment(ref _unimplemented);
        WriteEvent(7, method);
    }

    /// <summary>A call that was counted at its start has ended.</summary>
    [NonEvent]
    public void CallEnd(StatusCode code, bool atDeadline)
    {
        if (atDeadline)
        {
            CallDeadlineExceeded();
        }

        if (code != StatusCode.OK)
        {
            CallFailed((int)code);
        }

        CallStop();
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command == EventCommand.Enable)
        {
            _counters ??=
            [
                Counter("total-calls", "Total Calls", () => Volatile.Read(ref _total)),
                Counter("current-calls", "Current Calls", () => Volatile.Read(ref _current)),
                Counter("calls-failed", "Total Calls Failed", () => Volatile.Read(ref _failed)),
                Counter("calls-deadline-exceeded", "Total Calls Deadline Exceeded", () => Volatile.Read(ref _deadlineExceeded)),
                Counter("messages-sent", "Total Messages Sent", () => Volatile.Read(ref _sent)),
                Counter("messages-received", "Total Messages Received", () => Volatile.Read(ref _received)),
                .. _serves ? [Counter("calls-unimplemented", "Total Calls Unimplemented", () => Volatile.Read(ref _unimplemented))] : Array.Empty<PollingCounter>(),
            ];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var counter in _counters ?? [])
            {
                counter.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private PollingCounter Counter(string name, string displayName, Func<double> value) => new(name, this, value) { DisplayName = displayName };
}
