using Fleet.Contracts;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Link;

/// <summary>Log messages of the link and of enrolment: events 1200 to 1299.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(1200, LogLevel.Information, "Connected to {Host}:{Port} as {Terminal}.")]
    public static partial void Connected(ILogger logger, string host, int port, TerminalId terminal);

    [LoggerMessage(1201, LogLevel.Warning, "No connection to the server ({State}): {Detail}. Next attempt in {Wait}.")]
    public static partial void NotConnected(ILogger logger, LinkState state, string detail, TimeSpan wait);

    [LoggerMessage(1202, LogLevel.Warning, "A message on {Topic} is none that this agent expects; it was dropped.")]
    public static partial void Unexpected(ILogger logger, string topic);

    [LoggerMessage(1203, LogLevel.Warning, "Orders come faster than they are taken; this one is left for the next connection.")]
    public static partial void Overflow(ILogger logger);

    [LoggerMessage(1204, LogLevel.Warning, "An order of channel {Channel} could not be read; it was dropped.")]
    public static partial void UnreadableOrder(ILogger logger, LinkChannel channel);

    [LoggerMessage(1205, LogLevel.Warning, "An order of channel {Channel} could not be stored; it is left for the next connection.")]
    public static partial void OrderNotStored(ILogger logger, LinkChannel channel, Exception error);

    [LoggerMessage(1206, LogLevel.Information, "After a start of the machine it is taken to be {Now} until the server tells the time (wall clock believed: {Believed}).")]
    public static partial void TimeGuessed(ILogger logger, DateTimeOffset now, bool believed);

    [LoggerMessage(1208, LogLevel.Information, "The identity on disk is another one: this is the agent of {Terminal}.")]
    public static partial void IdentityTaken(ILogger logger, TerminalId terminal);

    [LoggerMessage(1209, LogLevel.Warning, "There is no identity any more: {Problem}.")]
    public static partial void IdentityGone(ILogger logger, string problem);

    [LoggerMessage(1210, LogLevel.Information, "A new certificate is asked for; the present one ends on {End:yyyy-MM-dd}.")]
    public static partial void RenewalAsked(ILogger logger, DateTimeOffset end);

    [LoggerMessage(1211, LogLevel.Warning, "The certificate could not be renewed: {Why}. It is tried again.")]
    public static partial void NotRenewed(ILogger logger, string why);

    [LoggerMessage(1212, LogLevel.Information, "The server accepts the renewed certificate; the one before is gone.")]
    public static partial void Renewed(ILogger logger);

    [LoggerMessage(1213, LogLevel.Warning, "The server accepts the renewed certificate, but that could not be noted: {Why}. Both are kept.")]
    public static partial void NotConfirmed(ILogger logger, string why);

    [LoggerMessage(1207, LogLevel.Warning, "The clock of this computer is off: the server's is {Offset} ahead.")]
    public static partial void Skewed(ILogger logger, TimeSpan offset);
}
