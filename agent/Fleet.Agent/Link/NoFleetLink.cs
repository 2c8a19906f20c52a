using System.Threading.Channels;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Link;

/// <summary>The link of an agent that has no identity: it never connects, and says why.</summary>
public sealed class NoFleetLink(string problem) : IFleetLink
{
    private readonly Channel<DownwardMessage> _nothing = Channel.CreateBounded<DownwardMessage>(1);

    /// <inheritdoc/>
    public LinkStatus Status { get; } = new(LinkState.Off, problem, 0);

    /// <inheritdoc/>
    public ChannelReader<DownwardMessage> Acknowledgements => _nothing.Reader;

    /// <inheritdoc/>
    public ChannelReader<DownwardMessage> Orders => _nothing.Reader;

    /// <inheritdoc/>
    public async Task<LinkStatus> WaitForChangeAsync(LinkStatus known, CancellationToken cancellationToken)
    {
        if (known == Status)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        return Status;
    }

    /// <inheritdoc/>
    public ValueTask PublishBatchAsync(UplinkBatch batch, CancellationToken cancellationToken) => throw new LinkLostException(problem);

    /// <inheritdoc/>
    public ValueTask PublishControlAsync(AgentControl message, CancellationToken cancellationToken) => throw new LinkLostException(problem);
}
