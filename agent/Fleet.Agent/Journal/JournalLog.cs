using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>Log messages of the journal: events 1000 to 1099.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(1000, LogLevel.Information, "Journal opened: epoch {Epoch}, {LastSequence} entries, acknowledged through {Acknowledged}.")]
    public static partial void Opened(ILogger logger, Guid epoch, ulong lastSequence, ulong acknowledged);

    [LoggerMessage(1001, LogLevel.Critical, "Journal damaged ({Cause}); set aside as {SetAside}, new epoch {Epoch}.")]
    public static partial void SetAside(ILogger logger, string cause, string setAside, Guid epoch);

    [LoggerMessage(1002, LogLevel.Information, "Salvage from {SetAside} is complete: {Entries} entries travel under new sequences.")]
    public static partial void Salvaged(ILogger logger, string setAside, int entries);

    [LoggerMessage(1003, LogLevel.Critical, "A commit to disk failed ({Failures} in a row); nothing of it counts as stored.")]
    public static partial void CommitFailed(ILogger logger, int failures, Exception error);

    [LoggerMessage(1004, LogLevel.Error, "The journal could not be opened again; the next write tries once more.")]
    public static partial void ReopenFailed(ILogger logger, Exception error);

    [LoggerMessage(1005, LogLevel.Warning, "Space on the disk is short: no new payments until there is more.")]
    public static partial void SpaceShort(ILogger logger);

    [LoggerMessage(1006, LogLevel.Information, "The journal works normally again.")]
    public static partial void Recovered(ILogger logger);

    [LoggerMessage(1007, LogLevel.Warning, "After a failed commit the journal goes back to entry {Last}; the file was found with {Found}.")]
    public static partial void GoingBack(ILogger logger, ulong last, ulong found);

    [LoggerMessage(1008, LogLevel.Warning, "Housekeeping of the journal failed; it is tried again.")]
    public static partial void HousekeepingFailed(ILogger logger, Exception error);

    [LoggerMessage(1009, LogLevel.Debug, "The journal's mark could not be written.")]
    public static partial void NotMarked(ILogger logger, Exception error);

    [LoggerMessage(1010, LogLevel.Error, "What a failed commit would have changed cannot be read; the agent's state may hold what was refused.")]
    public static partial void UndoUnknown(ILogger logger, Exception error);
}
