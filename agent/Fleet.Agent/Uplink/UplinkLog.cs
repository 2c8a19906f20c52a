using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Uplink;

/// <summary>Log messages of the uplink: events 1100 to 1199.</summary>
internal static partial class UplinkLog
{
    [LoggerMessage(1100, LogLevel.Information, "Sending from entry {Next}; the journal ends at {Last}.")]
    public static partial void Started(ILogger logger, ulong next, ulong last);

    [LoggerMessage(1101, LogLevel.Information, "The server expects entry {Next}: sending again from there.")]
    public static partial void Rewound(ILogger logger, ulong next);

    [LoggerMessage(1102, LogLevel.Critical, "The uplink stopped: {Reason}. Entries stay here; somebody must look. Next attempt in {Pause}.")]
    public static partial void Stopped(ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(1103, LogLevel.Warning, "No acknowledgement for {Waited}: sending again after entry {Acknowledged}.")]
    public static partial void TimedOut(ILogger logger, TimeSpan waited, ulong acknowledged);

    [LoggerMessage(1104, LogLevel.Warning, "An acknowledgement could not be read or is for no epoch of this journal; it was dropped.")]
    public static partial void Unreadable(ILogger logger);

    [LoggerMessage(1105, LogLevel.Warning, "The uplink cannot use the journal: {Reason}.")]
    public static partial void JournalUnavailable(ILogger logger, string reason);

    [LoggerMessage(1106, LogLevel.Error, "The uplink failed and begins again.")]
    public static partial void Failed(ILogger logger, Exception error);
}
