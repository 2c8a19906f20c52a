using System.Threading.Channels;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Link;

/// <summary>The link without a wire: what the agent publishes arrives here, what a test delivers arrives there.</summary>
internal sealed class MemoryFleetLink : IFleetLink
{
    private readonly LinkStatusBoard _board = new();
    private readonly Channel<DownwardMessage> _acknowledgements = Channel.CreateBounded<DownwardMessage>(1024);
    private readonly Channel<DownwardMessage> _orders = Channel.CreateBounded<DownwardMessage>(1024);
    private readonly Channel<UplinkBatch> _batches = Channel.CreateBounded<UplinkBatch>(4096);
    private readonly Channel<AgentControl> _control = Channel.CreateBounded<AgentControl>(1024);
    private int _acknowledged;
    private volatile Task _committed = Task.CompletedTask;

    public LinkStatus Status => _board.Status;

    public ChannelReader<DownwardMessage> Acknowledgements => _acknowledgements.Reader;

    public ChannelReader<DownwardMessage> Orders => _orders.Reader;

    /// <summary>What arrived at the server's end.</summary>
    public ChannelReader<UplinkBatch> Batches => _batches.Reader;

    public ChannelReader<AgentControl> Control => _control.Reader;

    /// <summary>Downward messages that the agent said it was done with.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public void Connect() => _board.Connected();

    public void Lose() => _board.NotConnected(LinkState.Unreachable, "lost");

    public void Refuse(string detail) => _board.NotConnected(LinkState.Refused, detail);

    public void Deliver(UplinkAck acknowledgement) => Assert.That(_acknowledgements.Writer.TryWrite(new Message(this, LinkChannel.Ack, acknowledgement.ToByteArray())), Is.True);

    public void DeliverRaw(LinkChannel channel, byte[] payload) =>
        Assert.That((channel == LinkChannel.Ack ? _acknowledgements : _orders).Writer.TryWrite(new Message(this, channel, payload)), Is.True);

    /// <summary>From now on batches arrive and are acknowledged only when <paramref name="committed"/> has ended.</summary>
    public void HoldBatches(Task committed) => _committed = committed;

    public Task<LinkStatus> WaitForChangeAsync(LinkStatus known, CancellationToken cancellationToken) => _board.WaitForChangeAsync(known, cancellationToken);

    public async ValueTask PublishBatchAsync(UplinkBatch batch, CancellationToken cancellationToken)
    {
        await PublishAsync(_batches, batch, cancellationToken);
        await _committed.WaitAsync(cancellationToken);
    }

    public ValueTask PublishControlAsync(AgentControl message, CancellationToken cancellationToken) => PublishAsync(_control, message, cancellationToken);

    private ValueTask PublishAsync<T>(Channel<T> channel, T message, CancellationToken cancellationToken) =>
        Status.State == LinkState.Connected ? channel.Writer.WriteAsync(message, cancellationToken) : throw new LinkLostException("not connected");

    private sealed class Message(MemoryFleetLink link, LinkChannel channel, byte[] payload) : DownwardMessage
    {
        public override LinkChannel Channel => channel;

        public override ReadOnlyMemory<byte> Payload => payload;

        public override ValueTask AcknowledgeAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref link._acknowledged);
            return ValueTask.CompletedTask;
        }
    }
}
