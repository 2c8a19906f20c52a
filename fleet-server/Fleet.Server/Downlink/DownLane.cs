using System.Threading.Channels;
using Fleet.Contracts;
using Fleet.Server.Dispatch;

namespace Fleet.Server.Downlink;

/// <summary>A message on its way to an agent.</summary>
/// <param name="Topic">Where it goes.</param>
/// <param name="Payload">Serialized message.</param>
/// <param name="Outcome">What became of it; null when nobody waits.</param>
public sealed record Parcel(LinkTopic Topic, byte[] Payload, TaskCompletionSource<Delivery>? Outcome);

/// <summary>
/// The way from the rooms to the agents' connections. It stands between the two because each would otherwise need the other: whoever connects is told to
/// dispatch, and dispatch sends to whoever is connected. Bounded: a sender waits when the connections are behind.
/// </summary>
public sealed class DownLane : IDownlink
{
    private const int Capacity = 4096;

    private readonly Channel<Parcel> _lane = Channel.CreateBounded<Parcel>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(TerminalId terminal, LinkChannel channel, byte[] payload, CancellationToken cancellationToken)
    {
        var outcome = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PutAsync(new Parcel(Downward(terminal, channel), payload, outcome), cancellationToken);
        return await outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Puts a message on its way without waiting for what becomes of it, in order with others to the same agent.</summary>
    public ValueTask PostAsync(TerminalId terminal, LinkChannel channel, byte[] payload, CancellationToken cancellationToken) =>
        PutAsync(new Parcel(Downward(terminal, channel), payload, null), cancellationToken);

    /// <summary>What is on its way, as it comes.</summary>
    public IAsyncEnumerable<Parcel> ReadAsync(CancellationToken cancellationToken) => _lane.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Closes the lane: what is still on it, and whatever comes later, does not arrive.</summary>
    public void Close()
    {
        _lane.Writer.TryComplete();
        while (_lane.Reader.TryRead(out var parcel))
        {
            parcel.Outcome?.TrySetResult(Delivery.NotConnected);
        }
    }

    private async ValueTask PutAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        try
        {
            await _lane.Writer.WriteAsync(parcel, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            parcel.Outcome?.TrySetResult(Delivery.NotConnected);
        }
    }

    private static LinkTopic Downward(TerminalId terminal, LinkChannel channel)
    {
        var topic = new LinkTopic(terminal, channel);
        return topic.IsUpward ? throw new ArgumentOutOfRangeException(nameof(channel), channel, "agents publish on it, the server does not") : topic;
    }
}
