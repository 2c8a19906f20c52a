using System.IO.Pipelines;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Gives a client the time to hear the broker's last word: see <see cref="MqttBrokerOptions.Linger"/>.</summary>
internal static class LastWord
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>Lets in and drops what comes, until nothing comes for <paramref name="pause"/> or the client has gone.</summary>
    public static async Task LingerAsync(PipeReader input, TimeSpan pause)
    {
        using var silence = new CancellationTokenSource();
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            while (TimeProvider.System.GetElapsedTime(start) < Longest)
            {
                silence.CancelAfter(pause);
                var result = await input.ReadAsync(silence.Token);
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Silence: the word has had its time.
        }
    }
}
