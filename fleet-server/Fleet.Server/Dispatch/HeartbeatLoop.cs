using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Google.Protobuf;

namespace Fleet.Server.Dispatch;

/// <summary>Says what time it is, signed, for one agent: what an agent judges validity by.</summary>
public sealed class Heartbeats(ICommandSigner signer, TimeProvider clock)
{
    /// <summary>The heartbeat of this moment.</summary>
    public SignedEnvelope Now(TerminalId terminal) =>
        signer.Sign(SigningDomain.Heartbeat, new Heartbeat { TerminalId = terminal.Value, ServerUnixMicros = UnixMicros.Of(clock.GetUtcNow()) });
}

/// <summary>Sends every agent that said hello a heartbeat, spread over the interval.</summary>
public sealed class HeartbeatLoop(ConnectedAgents agents, Heartbeats heartbeats, IDownlink downlink, TimeProvider clock) : BackgroundService
{
    /// <summary>Time between two heartbeats of one agent.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var ready = agents.Ready;
            foreach (var terminal in ready)
            {
                // Nobody waits for the delivery: the next one tells a later time anyway.
                _ = downlink.SendAsync(terminal, LinkChannel.Heartbeat, heartbeats.Now(terminal).ToByteArray(), stoppingToken);
                await Task.Delay(Interval / (ready.Count + 1), clock, stoppingToken);
            }

            await Task.Delay(Interval / (ready.Count + 1), clock, stoppingToken);
        }
    }
}
