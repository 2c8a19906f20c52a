using Fleet.Contracts;

namespace Fleet.Server.Dispatch;

/// <summary>Log messages of the dispatch, events 3200 to 3299.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(3200, LogLevel.Warning, "The agent of terminal {Terminal} was not let in: {Code}")]
    public static partial void AgentRefused(ILogger logger, TerminalId terminal, string code);

    [LoggerMessage(3201, LogLevel.Warning, "The agent of terminal {Terminal} sent a control message of an unknown kind")]
    public static partial void ControlUnknown(ILogger logger, TerminalId terminal);

    [LoggerMessage(3202, LogLevel.Information, "Command {Command} was sent to terminal {Terminal}: {Delivery}")]
    public static partial void Sent(ILogger logger, string command, TerminalId terminal, Delivery delivery);

    [LoggerMessage(3203, LogLevel.Error, "Delivery to terminal {Terminal} failed and is tried again")]
    public static partial void DeliveryFailed(ILogger logger, Exception exception, TerminalId terminal);

    [LoggerMessage(3204, LogLevel.Error, "The command queue could not be swept and is tried again")]
    public static partial void SweepFailed(ILogger logger, Exception exception);
}
