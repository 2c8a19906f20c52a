using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>Breaks the silence in time (3.1.2.10, 3.12) and notices a server that does not answer.</summary>
internal sealed class MqttKeepAlive(TimeSpan interval, TimeSpan pingTimeout, TimeProvider time)
{
    private long _lastSent = time.GetTimestamp();
    private long _pingSent;

    /// <summary>Something was written. Any thread.</summary>
    public void OnSent() => Volatile.Write(ref _lastSent, time.GetTimestamp());

    /// <summary>PINGRESP. Any thread.</summary>
    public void OnAnswered() => Volatile.Write(ref _pingSent, 0);

    /// <summary>Runs until a PINGREQ stays without an answer; never ends when keep alive is off.</summary>
    public async Task RunAsync(Action<MqttPacket> send, CancellationToken cancellationToken)
    {
        if (interval <= TimeSpan.Zero)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }

        var silence = interval * 0.75;
        while (true)
        {
            var left = silence - time.GetElapsedTime(Volatile.Read(ref _lastSent));
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellationToken);
                continue;
            }

            // [MQTT-3.1.2-20]
            Volatile.Write(ref _pingSent, 1);
            send(PingReqPacket.Instance);
            OnSent();
            await Task.Delay(pingTimeout, time, cancellationToken);
            if (Volatile.Read(ref _pingSent) != 0)
            {
                return;
            }
        }
    }
}
