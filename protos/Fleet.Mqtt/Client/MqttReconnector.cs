using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>Keeps one connection alive after another, with full-jitter waits between failures.</summary>
/// <param name="options">Asked before each attempt, so that a redirect or a renewed certificate takes effect.</param>
/// <param name="backoff">Waits; reset once a connection was established.</param>
/// <param name="timeProvider">Clock of the waits and of the client.</param>
/// <param name="loggerFactory">Loggers of this class and of the client.</param>
public sealed class MqttReconnector(Func<MqttClientOptions> options, MqttBackoff backoff, TimeProvider timeProvider, ILoggerFactory loggerFactory)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger<MqttReconnector>();

    /// <summary>
    /// Runs <paramref name="connected"/> for each connection until <paramref name="cancellationToken"/> is cancelled. When it returns or throws, the
    /// connection is closed and the next attempt follows.
    /// </summary>
    public async Task RunAsync(Func<MqttClient, MqttConnectResult, CancellationToken, Task> connected, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(connected, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                MqttClientLog.AttemptFailed(_logger, error, error.Message);
            }

            await Task.Delay(backoff.Next(), timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunOnceAsync(Func<MqttClient, MqttConnectResult, CancellationToken, Task> connected, CancellationToken cancellationToken)
    {
        await using var client = new MqttClient(options(), timeProvider, loggerFactory.CreateLogger<MqttClient>());
        var result = await client.ConnectAsync(cancellationToken);
        backoff.Reset();
        await connected(client, result, cancellationToken);
    }
}
