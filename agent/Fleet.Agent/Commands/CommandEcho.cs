using System.Threading.Channels;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>
/// Quick copies of command events for the control lane. The journal has the same events, so the lane may lose any of them: when it
/// is full the oldest goes first.
/// </summary>
public sealed class CommandEcho
{
    private const int Capacity = 64;

    private readonly Channel<CommandEvent> _events = Channel.CreateBounded<CommandEvent>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Copies that are waiting to be sent.</summary>
    public ChannelReader<CommandEvent> Events => _events.Reader;

    /// <summary>Takes a copy; never waits.</summary>
    public void Tell(CommandEvent told) => _events.Writer.TryWrite(told);
}
