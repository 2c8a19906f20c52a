using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>Picks a subchannel for each call; called by many threads at once.</summary>
public abstract class SubchannelPicker
{
    /// <summary>The pick for one call.</summary>
    public abstract PickResult Pick(PickContext context);
}

/// <summary>The call to pick for.</summary>
public sealed class PickContext
{
    /// <summary>Its request.</summary>
    public HttpRequestMessage? Request { get; set; }
}

/// <summary>What a pick came to.</summary>
public enum PickResultType
{
    /// <summary>A subchannel.</summary>
    Complete,

    /// <summary>The call waits for the next picker.</summary>
    Queue,

    /// <summary>The call fails, unless it waits for a ready channel; it may be repeated.</summary>
    Fail,

    /// <summary>The call fails and is not repeated.</summary>
    Drop,
}

/// <summary>A pick.</summary>
public sealed class PickResult
{
    private static readonly PickResult Queue = new(PickResultType.Queue, null, Status.DefaultSuccess, null);

    private PickResult(PickResultType type, Subchannel? subchannel, Status status, ISubchannelCallTracker? tracker)
    {
        Type = type;
        Subchannel = subchannel;
        Status = status;
        SubchannelCallTracker = tracker;
    }

    /// <summary>What it came to.</summary>
    public PickResultType Type { get; }

    /// <summary>The subchannel, of a complete pick.</summary>
    public Subchannel? Subchannel { get; }

    /// <summary>Why the call fails.</summary>
    public Status Status { get; }

    /// <summary>Hears of the call's begin and end; null = nobody does.</summary>
    public ISubchannelCallTracker? SubchannelCallTracker { get; }

    /// <summary>The call goes to <paramref name="subchannel"/>; if that is not ready, it waits for the next picker.</summary>
    public static PickResult ForSubchannel(Subchannel subchannel, ISubchannelCallTracker? subchannelCallTracker = null) =>
        new(PickResultType.Complete, subchannel, Status.DefaultSuccess, subchannelCallTracker);

    /// <summary>The call fails, unless it waits for a ready channel.</summary>
    public static PickResult ForFailure(Status status) => new(PickResultType.Fail, null, NotOk(status), null);

    /// <summary>The call fails and is not repeated.</summary>
    public static PickResult ForDrop(Status status) => new(PickResultType.Drop, null, NotOk(status), null);

    /// <summary>The call waits for the next picker.</summary>
    public static PickResult ForQueue() => Queue;

    private static Status NotOk(Status status) => status.StatusCode != StatusCode.OK
        ? status
        : throw new ArgumentException("Error status code must not be OK.", nameof(status));
}

/// <summary>Hears of the begin and the end of a call on a subchannel.</summary>
public interface ISubchannelCallTracker
{
    /// <summary>The call begins.</summary>
    void Start();

    /// <summary>Its response headers came, or it failed before.</summary>
    void Complete(CompletionContext context);
}

/// <summary>How a call on a subchannel went.</summary>
public sealed class CompletionContext
{
    /// <summary>Where it went.</summary>
    public BalancerAddress? Address { get; set; }

    /// <summary>Why it failed; null if there was a response.</summary>
    public Exception? Error { get; set; }
}
