namespace Fleet.Mqtt.Client;

/// <summary>
/// Waiting times between attempts, full jitter: uniformly between zero and a bound that doubles with every failure, so that ten thousand clients
/// that lost the same server do not come back together.
/// </summary>
/// <param name="initial">Bound of the first wait.</param>
/// <param name="maximum">Largest bound.</param>
/// <param name="random">A number in [0, 1).</param>
public sealed class MqttBackoff(TimeSpan initial, TimeSpan maximum, Func<double> random)
{
    private int _failures;

    /// <summary>With the shared random source.</summary>
    public MqttBackoff(TimeSpan initial, TimeSpan maximum)
        : this(initial, maximum, Random.Shared.NextDouble)
    {
    }

    /// <summary>The bound of the next wait.</summary>
    public TimeSpan Bound
    {
        get
        {
            var bound = initial * Math.Pow(2, Math.Min(_failures, 20));
            return bound < maximum ? bound : maximum;
        }
    }

    /// <summary>How long to wait now; the next bound is twice this one's.</summary>
    public TimeSpan Next()
    {
        var wait = Bound * random();
        _failures++;
        return wait;
    }

    /// <summary>A connection held: start over.</summary>
    public void Reset() => _failures = 0;
}
