using System.Collections.Concurrent;
using System.Threading.Channels;
using Fleet.Contracts;
using Fleet.Server.Dispatch;

namespace Fleet.Server.Tests.Dispatch;

/// <summary>What was given to agents' connections, in order.</summary>
public sealed class RecordingDownlink : IDownlink
{
    private readonly Channel<SentMessage> _sent = Channel.CreateUnbounded<SentMessage>();

    /// <summary>What the next message becomes.</summary>
    public Delivery Answer { get; set; } = Delivery.Delivered;

    /// <summary>Heartbeats, apart from everything else.</summary>
    public ConcurrentQueue<SentMessage> Heartbeats { get; } = new();

    /// <summary>Runs before a message counts as given.</summary>
    public Func<SentMessage, Task>? Before { get; set; }

    public async Task<Delivery> SendAsync(TerminalId terminal, LinkChannel channel, byte[] payload, CancellationToken cancellationToken)
    {
        if (channel == LinkChannel.Heartbeat)
        {
            Heartbeats.Enqueue(new SentMessage(terminal, channel, payload));
            return Answer;
        }

        var message = new SentMessage(terminal, channel, payload);
        await (Before?.Invoke(message) ?? Task.CompletedTask);
        await _sent.Writer.WriteAsync(message, cancellationToken);
        return Answer;
    }

    /// <summary>The next message, waiting for it.</summary>
    public async Task<SentMessage> NextAsync(CancellationToken cancellationToken) => await _sent.Reader.ReadAsync(cancellationToken);

    /// <summary>Everything that was sent so far and not taken.</summary>
    public List<SentMessage> Drain()
    {
        var all = new List<SentMessage>();
        while (_sent.Reader.TryRead(out var message))
        {
            all.Add(message);
        }

        return all;
    }
}

public sealed record SentMessage(TerminalId Terminal, LinkChannel Channel, byte[] Payload);
