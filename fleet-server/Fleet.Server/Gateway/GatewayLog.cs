using System.Net;
using Fleet.Contracts;

namespace Fleet.Server.Gateway;

/// <summary>What the gateway says, 2200 to 2299. Warnings are alarms: somebody tries what no agent does.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(2201, LogLevel.Information, "Agent of terminal {Terminal} connected from {Remote}")]
    public static partial void Connected(ILogger logger, string terminal, EndPoint? remote);

    [LoggerMessage(2202, LogLevel.Information, "Agent of terminal {Terminal} is gone: {Reason}")]
    public static partial void Disconnected(ILogger logger, TerminalId terminal, string reason);

    [LoggerMessage(2210, LogLevel.Warning, "ALARM: {Remote} came with a certificate that names no terminal: {Subject}")]
    public static partial void NoTerminal(ILogger logger, EndPoint? remote, string subject);

    [LoggerMessage(2211, LogLevel.Warning, "ALARM: {Remote} with the certificate of terminal {Terminal} called itself {ClientId}")]
    public static partial void ForeignClientId(ILogger logger, EndPoint? remote, TerminalId terminal, string clientId);

    [LoggerMessage(2212, LogLevel.Warning, "ALARM: terminal {Terminal} was refused at {Remote}, {Code}: {Text}")]
    public static partial void Refused(ILogger logger, TerminalId terminal, EndPoint? remote, string code, string text);

    [LoggerMessage(2213, LogLevel.Warning, "ALARM: the agent of terminal {Terminal} tried to publish on {Topic}")]
    public static partial void ForeignPublish(ILogger logger, string terminal, string topic);

    [LoggerMessage(2214, LogLevel.Warning, "ALARM: the agent of terminal {Terminal} tried to subscribe to {Filter}")]
    public static partial void ForeignSubscription(ILogger logger, string terminal, string filter);

    [LoggerMessage(2215, LogLevel.Warning, "ALARM: the agent of terminal {Terminal} tried to leave a will on {Topic}")]
    public static partial void Will(ILogger logger, string terminal, string topic);

    [LoggerMessage(2216, LogLevel.Warning, "ALARM: the agent of terminal {Terminal} sent {Length} bytes on {Topic} that are no {Message}")]
    public static partial void Malformed(ILogger logger, string terminal, string topic, int length, string message);

    [LoggerMessage(2220, LogLevel.Error, "What the agent of terminal {Terminal} sent on {Topic} could not be stored; it was not acknowledged and will be sent again")]
    public static partial void NotStored(ILogger logger, Exception failure, string terminal, string topic);

    [LoggerMessage(2221, LogLevel.Error, "Whether terminal {Terminal} may come in could not be found out; it was told to try again")]
    public static partial void Undecided(ILogger logger, Exception failure, TerminalId terminal);

    [LoggerMessage(2223, LogLevel.Error, "The end of the connection of terminal {Terminal} could not be noted; it is tried again")]
    public static partial void NotNoted(ILogger logger, Exception failure, TerminalId terminal);

    [LoggerMessage(2224, LogLevel.Warning, "The connection of terminal {Terminal} was cut: {Reason}")]
    public static partial void Cut(ILogger logger, TerminalId terminal, string reason);

    [LoggerMessage(2225, LogLevel.Error, "Watching for retired terminals failed; it begins anew")]
    public static partial void WatchFailed(ILogger logger, Exception failure);
}
