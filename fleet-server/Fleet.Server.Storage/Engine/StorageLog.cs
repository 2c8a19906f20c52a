using Microsoft.Extensions.Logging;

namespace Fleet.Server.Storage.Engine;

/// <summary>Log messages of the storage, events 3000 to 3099.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(3000, LogLevel.Critical, "The {Engine} database failed to commit {Count} write(s); the connection is opened again")]
    public static partial void CommitFailed(ILogger logger, Exception exception, string engine, int count);

    [LoggerMessage(3001, LogLevel.Error, "A write to the {Engine} database failed and was rolled back")]
    public static partial void WorkFailed(ILogger logger, Exception exception, string engine);

    [LoggerMessage(3002, LogLevel.Warning, "A failed connection to the {Engine} database could not be closed")]
    public static partial void CloseFailed(ILogger logger, Exception exception, string engine);

    [LoggerMessage(3003, LogLevel.Information, "The {Engine} database is at schema {Number} ({Name})")]
    public static partial void Migrated(ILogger logger, string engine, int number, string name);
}
