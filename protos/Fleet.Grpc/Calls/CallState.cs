namespace Grpc.Core.Internal;

/// <summary>What a call object tells of its call. A call made here is its own state, so that its call object costs no delegates.</summary>
internal abstract class CallState : IDisposable
{
    /// <summary>The headers the server sent.</summary>
    public abstract Task<Metadata> Headers();

    /// <summary>The status of a finished call.</summary>
    /// <exception cref="InvalidOperationException">The call has not finished.</exception>
    public abstract Status Status();

    /// <summary>The trailers of a finished call.</summary>
    /// <exception cref="InvalidOperationException">The call has not finished.</exception>
    public abstract Metadata Trailers();

    public abstract void Dispose();

    /// <summary>A call whose outcome is told by functions.</summary>
    public static CallState Of(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose) => new Told(
        static s => ((Functions)s).Headers,
        static s => ((Functions)s).Status(),
        static s => ((Functions)s).Trailers(),
        static s => ((Functions)s).Dispose(),
        new Functions(headers, status, trailers, dispose));

    /// <summary>A call whose outcome is told by functions of <paramref name="state"/>.</summary>
    public static CallState Of(
        Func<object, Task<Metadata>> headers, Func<object, Status> status, Func<object, Metadata> trailers, Action<object> dispose, object state) =>
        new Told(headers, status, trailers, dispose, state);

    private sealed record Functions(Task<Metadata> Headers, Func<Status> Status, Func<Metadata> Trailers, Action Dispose);

    private sealed class Told(
        Func<object, Task<Metadata>> headers, Func<object, Status> status, Func<object, Metadata> trailers, Action<object> dispose, object state) : CallState
    {
        public override Task<Metadata> Headers() => headers(state);

        public override Status Status() => status(state);

        public override Metadata Trailers() => trailers(state);

        public override void Dispose() => dispose(state);
    }
}
