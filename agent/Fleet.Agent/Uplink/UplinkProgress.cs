namespace Fleet.Agent.Uplink;

/// <summary>What the status shows of the uplink.</summary>
public sealed class UplinkProgress
{
    private volatile string _stopped = string.Empty;
    private long _serverOffsetMicros;
    private volatile bool _hasOffset;

    /// <summary>Why nothing is sent although there is a connection; empty when all is well.</summary>
    public string StoppedReason
    {
        get => _stopped;
        internal set => _stopped = value;
    }

    /// <summary>Server's wall clock minus this computer's, as the last acknowledgement showed it; null before the first.</summary>
    public TimeSpan? ServerClockOffset => _hasOffset ? TimeSpan.FromMicroseconds(Interlocked.Read(ref _serverOffsetMicros)) : null;

    internal void NoteServerTime(long serverUnixMicros, DateTimeOffset here)
    {
        Interlocked.Exchange(ref _serverOffsetMicros, serverUnixMicros - ((here - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
        _hasOffset = true;
    }
}
