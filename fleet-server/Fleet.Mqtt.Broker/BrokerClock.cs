namespace Fleet.Mqtt.Broker;

/// <summary>Milliseconds since the broker was made: monotonic, so that no jump of the wall clock expires a session.</summary>
internal sealed class BrokerClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public long Now => (long)time.GetElapsedTime(_start).TotalMilliseconds;

    public DateTimeOffset UtcNow => time.GetUtcNow();
}
