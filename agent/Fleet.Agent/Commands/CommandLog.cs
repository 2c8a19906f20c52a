using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>Events 2500 to 2599.</summary>
internal static partial class CommandLog
{
    [LoggerMessage(2501, LogLevel.Information, "Command {CommandId} ({Kind}): {Stage} {Reason} {Detail}")]
    public static partial void Stage(ILogger logger, string commandId, CommandKind kind, CommandStage stage, string reason, string detail);

    [LoggerMessage(2502, LogLevel.Warning, "A message on {Channel} was not believed: {Why}")]
    public static partial void NotBelieved(ILogger logger, LinkChannel channel, string why);

    [LoggerMessage(2503, LogLevel.Warning, "Command {CommandId} does not get on in stage {Stage}: {Reason} {Detail}; next try in {Delay}")]
    public static partial void Retry(ILogger logger, string commandId, CommandStage stage, string reason, string detail, TimeSpan delay);

    [LoggerMessage(2504, LogLevel.Error, "Command {CommandId} stumbled in stage {Stage} and is taken up again")]
    public static partial void Stumbled(ILogger logger, string commandId, CommandStage stage, Exception exception);

    [LoggerMessage(2506, LogLevel.Error, "A message on {Channel} could not be taken and is tried again")]
    public static partial void NotTaken(ILogger logger, LinkChannel channel, Exception exception);

    [LoggerMessage(2507, LogLevel.Critical, "The journal of this retired terminal is not destroyed: money is among the last {Count} entries, which the server has not acknowledged")]
    public static partial void NotDestroyed(ILogger logger, ulong count);

    [LoggerMessage(2505, LogLevel.Warning, "Terminal {Terminal} is retired: keys and configuration of this agent are erased")]
    public static partial void Erased(ILogger logger, TerminalId terminal);
}
