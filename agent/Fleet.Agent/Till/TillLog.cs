using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>Events 2200 to 2299.</summary>
internal static partial class TillLog
{
    [LoggerMessage(2201, LogLevel.Information, "Tills connect to {Endpoint}")]
    public static partial void Listening(ILogger logger, string endpoint);

    [LoggerMessage(2202, LogLevel.Information, "Till {Till} is connected")]
    public static partial void Connected(ILogger logger, string till);

    [LoggerMessage(2203, LogLevel.Information, "Till {Till} is gone: {Detail}")]
    public static partial void Gone(ILogger logger, string till, string detail);

    [LoggerMessage(2204, LogLevel.Warning, "Till {Till} sent what is no message: {Detail}")]
    public static partial void Garbage(ILogger logger, string till, string detail);

    [LoggerMessage(2205, LogLevel.Warning, "Till {Till} did not answer {Code:X4} within {Timeout}; the dialogue is finished without it")]
    public static partial void Silent(ILogger logger, string till, int code, TimeSpan timeout);

    [LoggerMessage(2206, LogLevel.Information, "Till {Till}: {Code:X4} refused, {Refusal}")]
    public static partial void Refused(ILogger logger, string till, int code, TillRefusal refusal);

    [LoggerMessage(2207, LogLevel.Warning, "Till {Till}: {Code:X4} cannot be read: {Error}")]
    public static partial void Unreadable(ILogger logger, string till, int code, string error);

    [LoggerMessage(2208, LogLevel.Warning, "Till {Till} is turned away: {Limit} are connected, each with a command that is being served")]
    public static partial void TooMany(ILogger logger, string till, int limit);

    [LoggerMessage(2212, LogLevel.Warning, "Till {Till} gives way to {Newcomer}: it was at rest for {Resting}, and {Limit} are connected")]
    public static partial void GivesWay(ILogger logger, string till, string newcomer, TimeSpan resting, int limit);

    [LoggerMessage(2209, LogLevel.Error, "A dialogue of till {Till} stumbled; its connection is closed")]
    public static partial void Stumbled(ILogger logger, string till, Exception exception);

    [LoggerMessage(2210, LogLevel.Warning, "Card data in {Code:X4} of till {Till} was not forwarded")]
    public static partial void Redacted(ILogger logger, string till, int code);

    [LoggerMessage(2211, LogLevel.Warning, "Tills cannot connect to {Endpoint}: {Reason}; tried again")]
    public static partial void CannotListen(ILogger logger, string endpoint, string reason);
}
