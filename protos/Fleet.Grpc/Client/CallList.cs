using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>A call that its channel ends with itself: a link in the list of those under way.</summary>
internal abstract class TrackedCall : CallState
{
    /// <summary>Neighbours in the list; guarded by its lock.</summary>
    internal TrackedCall? Before { get; set; }

    internal TrackedCall? After { get; set; }

    internal bool IsListed { get; set; }
}

/// <summary>The calls under way. Calls are their own links: to come and to go costs no memory.</summary>
internal sealed class CallList
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private TrackedCall? _first;

    public void Add(TrackedCall call)
    {
        lock (_lock)
        {
            call.After = _first;
            _first?.Before = call;
            _first = call;
            call.IsListed = true;
        }
    }

    public void Remove(TrackedCall call)
    {
        lock (_lock)
        {
            if (!call.IsListed)
            {
                return;
            }

            call.Before?.After = call.After;
            call.After?.Before = call.Before;
            _first = _first == call ? call.After : _first;
            (call.Before, call.After, call.IsListed) = (null, null, false);
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<TrackedCall> Snapshot()
    {
        var calls = new List<TrackedCall>();
        lock (_lock)
        {
            for (var call = _first; call is not null; call = call.After)
            {
                calls.Add(call);
            }
        }

        return calls;
    }
}
