using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>Keeps one connection alive after another, with full-jitter waits between failures.</summary>
/// <param name="options">
/// Asked before each attempt, with the other servers that the last one named (4.11), none as a rule: whether to follow is the caller's choice, and a renewed certificate takes effect.
/// </param>
/// <param name="backoff">Waits; reset once a connection was established.</param>
/// <param name="timeProvider">Clock of the waits and of the client.</param>
/// <param name="loggerFactory">Loggers of this class and of the client.</param>
public sealed class MqttReconnector(Func<IReadOnlyList<MqttServerReference>, MqttClientOptions> options, MqttBackoff backoff, TimeProvider timeProvider, ILoggerFactory loggerFactory)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger<MqttReconnector>();
    private string? _reference; // owned by the one run

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
        await using var client = new MqttClient(options(MqttServerReference.Parse(_reference)), timeProvider, loggerFactory.CreateLogger<MqttClient>());
        _reference = null;
        var result = await ConnectAsync(client, cancellationToken);
        backoff.Reset();
        try
        {
            await connected(client, result, cancellationToken);
        }
        finally
        {
            _reference = client.Completion.IsCompletedSuccessfully ? (await client.Completion).ServerReference : null;
        }
    }

    private async Task<MqttConnectResult> ConnectAsync(MqttClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ConnectAsync(cancellationToken);
        }
        catch (MqttConnectException refusal)
        {
            _reference = refusal.ServerReference;
            throw;
        }
    }
}
