using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Gate;

/// <summary>Events 2300 to 2399.</summary>
internal static partial class GateLog
{
    [LoggerMessage(2301, LogLevel.Warning, "Gate moved from {From} to {To}: {Reason} (command {CommandId})")]
    public static partial void Moved(ILogger logger, GateChange.Types.State from, GateChange.Types.State to, string reason, string commandId);
}
