using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Health;

/// <summary>Log messages of health and status: events 1300 to 1399.</summary>
internal static partial class HealthLog
{
    [LoggerMessage(1300, LogLevel.Warning, "No status socket at {Path}: 'fleet-agent status' will not work.")]
    public static partial void NoStatusSocket(ILogger logger, string path, Exception error);

    [LoggerMessage(1301, LogLevel.Debug, "A health entry was not stored: {Reason}.")]
    public static partial void NotStored(ILogger logger, string reason);
}
