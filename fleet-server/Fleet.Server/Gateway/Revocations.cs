using System.Threading.Channels;
using Fleet.Contracts;
using Fleet.Mqtt;
using Fleet.Mqtt.Broker;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Trust;

namespace Fleet.Server.Gateway;

/// <summary>Terminals whose earlier certificate has just lost its force. Bounded; enrolment waits when the gateway is behind.</summary>
public sealed class Revocations : IRevocations
{
    private readonly Channel<TerminalId> _channel = Channel.CreateBounded<TerminalId>(new BoundedChannelOptions(256) { SingleReader = true });

    /// <inheritdoc/>
    public ValueTask RevokeAsync(TerminalId terminal, CancellationToken cancellationToken) => _channel.Writer.WriteAsync(terminal, cancellationToken);

    /// <summary>Those to cut, as they come.</summary>
    public IAsyncEnumerable<TerminalId> ReadAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);
}

/// <summary>Cuts connections whose right has ended: at once after a new enrolment, after a grace when the terminal is retired.</summary>
public sealed class ConnectionCutter(Revocations revocations, ITerminalRegistry registry, MqttBroker broker, TimeProvider time, ILogger<ConnectionCutter> logger)
    : BackgroundService
{
    // A retired terminal's agent still fetches the acknowledgement of its last entries.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(CutReEnrolledAsync(stoppingToken), CutRetiredAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task CutReEnrolledAsync(CancellationToken cancellationToken)
    {
        await foreach (var terminal in revocations.ReadAsync(cancellationToken))
        {
            await CutAsync(terminal, "its certificate was replaced", cancellationToken);
        }
    }

    private async Task CutRetiredAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var feed = registry.Watch("state = RETIRED", string.Empty).Value ?? throw new InvalidOperationException("The registry does not know its own states.");
                await foreach (var change in feed.ReadAsync(cancellationToken))
                {
                    _ = CutAfterGraceAsync(change.Item.Id, cancellationToken);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                GatewayLog.WatchFailed(logger, e);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task CutAfterGraceAsync(TerminalId terminal, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Grace, time, cancellationToken);
            await CutAsync(terminal, "it is retired", cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The server stops, and every connection with it.
        }
    }

    private async Task CutAsync(TerminalId terminal, string reason, CancellationToken cancellationToken)
    {
        if (await broker.PurgeClientAsync(terminal.Value, MqttReasonCode.NotAuthorized, cancellationToken))
        {
            GatewayLog.Cut(logger, terminal, reason);
        }
    }
}
