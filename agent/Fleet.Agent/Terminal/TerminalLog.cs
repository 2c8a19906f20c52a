using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>Events 2100 to 2199.</summary>
internal static partial class TerminalLog
{
    [LoggerMessage(2101, LogLevel.Information, "Line {State}: {Detail}")]
    public static partial void State(ILogger logger, LineState state, string detail);

    [LoggerMessage(2102, LogLevel.Information, "Terminal pinned: TID {Tid}, serial number {SerialNumber}, model {Model}, software {Software}")]
    public static partial void Pinned(ILogger logger, string tid, string serialNumber, string model, string software);

    [LoggerMessage(2103, LogLevel.Critical, "Another terminal is on the line: {What}. Nothing is done with it")]
    public static partial void Substituted(ILogger logger, string what);

    [LoggerMessage(2104, LogLevel.Warning, "The dialogue {Code:X4} with the terminal was lost: {Detail}")]
    public static partial void Lost(ILogger logger, int code, string detail);

    [LoggerMessage(2105, LogLevel.Warning, "The terminal refused {Code:X4} with code {ResultCode:X2}")]
    public static partial void Refused(ILogger logger, int code, byte resultCode);

    [LoggerMessage(2106, LogLevel.Error, "Work on the line stumbled; it is opened again")]
    public static partial void Stumbled(ILogger logger, Exception exception);

    [LoggerMessage(2107, LogLevel.Information, "The line trace ended by itself after {Age}")]
    public static partial void TraceEnded(ILogger logger, TimeSpan age);

    [LoggerMessage(2108, LogLevel.Warning, "The line trace could not be written and ends: {Reason}")]
    public static partial void TraceFailed(ILogger logger, string reason);

    [LoggerMessage(2109, LogLevel.Information, "The terminal is spoken to as {Profile}")]
    public static partial void Profile(ILogger logger, string profile);
}
