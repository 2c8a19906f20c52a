namespace Grpc.Core.Internal;

/// <summary>The parts every call object shares: a state and what to ask it, so that no closure is made per call.</summary>
internal readonly struct AsyncCallState(
    Func<object, Task<Metadata>> headers,
    Func<object, Status> status,
    Func<object, Metadata> trailers,
    Action<object> dispose,
    object state)
{
    public AsyncCallState(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(
            static s => ((Closures)s).Headers,
            static s => ((Closures)s).Status(),
            static s => ((Closures)s).Trailers(),
            static s => ((Closures)s).Dispose(),
            new Closures(headers, status, trailers, dispose))
    {
    }

    public Task<Metadata> Headers() => headers(state);

    public Status Status() => status(state);

    public Metadata Trailers() => trailers(state);

    public void Dispose() => dispose(state);

    private sealed record Closures(Task<Metadata> Headers, Func<Status> Status, Func<Metadata> Trailers, Action Dispose);
}
