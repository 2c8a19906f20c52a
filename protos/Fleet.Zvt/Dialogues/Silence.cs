namespace Fleet.Zvt;

/// <summary>How long the PT may still say nothing: T3, T4 or the time of the command (reference section 5).</summary>
internal sealed class Silence(TimeProvider time)
{
    private long _since;

    /// <summary>Longest silence; infinite for a text that stands until a key is pressed.</summary>
    public TimeSpan Limit { get; private set; }

    /// <summary>What is left of it.</summary>
    public TimeSpan Left
    {
        get
        {
            if (Limit == Timeout.InfiniteTimeSpan)
            {
                return Limit;
            }

            var left = Limit - time.GetElapsedTime(_since);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Restart() => _since = time.GetTimestamp();

    public void Restart(TimeSpan limit)
    {
        Limit = limit;
        Restart();
    }

    /// <summary>Time for the response to a command: T3, and its own time on top where it carries one; 00 is endless.</summary>
    public static TimeSpan ResponseTime(Apdu command, ZvtTimers timers)
    {
        var seconds = ZvtMessages.Parse(command).Value switch
        {
            DisplayCommand display => display.Seconds,
            ReadCard card => card.Seconds,
            _ => null,
        };
        return seconds switch
        {
            null => timers.T3,
            0 => Timeout.InfiniteTimeSpan,
            { } value => timers.T3 + TimeSpan.FromSeconds(value),
        };
    }
}
