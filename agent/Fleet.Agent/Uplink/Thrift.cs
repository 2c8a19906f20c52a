namespace Fleet.Agent.Uplink;

/// <summary>Keeps the journal within its share of a narrow line: what was sent has to be earned before more is sent. One loop; nothing here is shared.</summary>
internal sealed class Thrift(TimeProvider clock)
{
    private double _debt;
    private long _since = clock.GetTimestamp();

    /// <summary>So many bytes have left.</summary>
    public void Spend(int bytes) => _debt += bytes;

    /// <summary>How long nothing more may be sent; zero without a limit.</summary>
    public TimeSpan Wait(int bytesPerSecond)
    {
        if (bytesPerSecond == 0)
        {
            _debt = 0;
            return TimeSpan.Zero;
        }

        var now = clock.GetTimestamp();
        _debt = Math.Max(0, _debt - (clock.GetElapsedTime(_since, now).TotalSeconds * bytesPerSecond));
        _since = now;

        // Less than a thousandth of a second is not waited for.
        return _debt < bytesPerSecond / 1000.0 ? TimeSpan.Zero : TimeSpan.FromSeconds(_debt / bytesPerSecond);
    }
}
