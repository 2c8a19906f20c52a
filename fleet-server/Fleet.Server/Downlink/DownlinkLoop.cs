using Fleet.Mqtt;
using Fleet.Mqtt.Broker;
using Fleet.Server.Dispatch;

namespace Fleet.Server.Downlink;

/// <summary>
/// Gives what is on the lane to the agents' connections on this server's own broker. Delivered means: the agent's MQTT client acknowledged the message.
/// Nothing is repeated here: commands are sent again by dispatch, acknowledgements are cumulative and asked for again by the agent.
/// </summary>
public sealed partial class DownlinkLoop(DownLane lane, MqttBroker broker, ILogger<DownlinkLoop> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var parcel in lane.ReadAsync(stoppingToken))
            {
                // Queued at the connection at once, in order; one slow agent does not hold up the others.
                _ = DeliverAsync(parcel, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        finally
        {
            lane.Close();
        }
    }

    private async Task DeliverAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        var delivery = MqttDelivery.NotConnected;
        try
        {
            var message = new MqttMessage { Topic = parcel.Topic.ToString(), Payload = parcel.Payload };
            delivery = (await broker.PublishToAsync(parcel.Topic.Terminal.Value, message, cancellationToken)).Delivery;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            LogStopped(logger, parcel.Topic);
        }
        finally
        {
            parcel.Outcome?.TrySetResult(OutcomeOf(delivery));
            if (delivery != MqttDelivery.Delivered)
            {
                LogNotDelivered(logger, parcel.Topic, delivery);
            }
        }
    }

    private static Delivery OutcomeOf(MqttDelivery delivery) => delivery switch
    {
        MqttDelivery.Delivered => Delivery.Delivered,

        // A lost connection leaves open whether it arrived; whoever sends counts on the agent to know a repetition.
        MqttDelivery.NotConnected or MqttDelivery.ConnectionLost or MqttDelivery.NoRoom or MqttDelivery.Refused or MqttDelivery.Expired => Delivery.NotConnected,
        _ => throw new ArgumentOutOfRangeException(nameof(delivery), delivery, "no such delivery"),
    };

    [LoggerMessage(2401, LogLevel.Debug, "Nothing arrived on {Topic}: {Delivery}")]
    private static partial void LogNotDelivered(ILogger logger, Contracts.LinkTopic topic, MqttDelivery delivery);

    [LoggerMessage(2402, LogLevel.Debug, "The server stopped before {Topic} was acknowledged")]
    private static partial void LogStopped(ILogger logger, Contracts.LinkTopic topic);
}
