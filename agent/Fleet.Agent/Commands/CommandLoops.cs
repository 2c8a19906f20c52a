using Fleet.Agent.Link;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>Hands the server's orders to the inbox and acknowledges each when what follows from it is durable.</summary>
internal sealed class OrderLoop(IFleetLink link, ICommandInbox inbox, DisbeliefAlarm disbelief, TimeProvider clock, ILogger<OrderLoop> logger) : BackgroundService
{
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var order in link.Orders.ReadAllAsync(stoppingToken))
        {
            while (!await TakeAsync(order, stoppingToken))
            {
                // The disk did not take it. It stays unacknowledged, and in order: what came later waits behind it.
                await Task.Delay(AfterFault, clock, stoppingToken);
            }
        }
    }

    private async Task<bool> TakeAsync(DownwardMessage order, CancellationToken cancellationToken)
    {
        try
        {
            SignedEnvelope? envelope = null;
            try
            {
                envelope = SignedEnvelope.Parser.ParseFrom(order.Payload.Span);
            }
            catch (InvalidProtocolBufferException)
            {
                await disbelief.RaiseAsync(order.Channel, "it is no signed envelope", cancellationToken);
            }

            if (envelope is not null)
            {
                await inbox.ReceiveAsync(order.Channel, envelope, cancellationToken);
            }

            await order.AcknowledgeAsync(cancellationToken);
            return true;
        }
        catch (LinkLostException)
        {
            // It will be delivered again, and recognised.
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            CommandLog.NotTaken(logger, order.Channel, exception);
            return false;
        }
    }
}

/// <summary>Sends the quick copies of command events on the control lane; what cannot be sent is dropped, the journal has it.</summary>
internal sealed class EchoLoop(IFleetLink link, CommandEcho echo) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var told in echo.Events.ReadAllAsync(stoppingToken))
        {
            try
            {
                await link.PublishControlAsync(new AgentControl { Command = told }, stoppingToken);
            }
            catch (LinkLostException)
            {
                // The journal's copy is on its way.
            }
        }
    }
}

/// <summary>Runs the executor.</summary>
internal sealed class ExecutorLoop(CommandExecutor executor) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => executor.RunAsync(stoppingToken);
}
