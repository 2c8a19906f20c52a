using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What the server tells the log; events 4100-4199.</summary>
internal static partial class GrpcServerLog
{
    [LoggerMessage(4100, LogLevel.Error, "{Method} failed with an exception that is no status")]
    public static partial void Failed(ILogger logger, Exception exception, string method);

    [LoggerMessage(4101, LogLevel.Information, "{Method} was refused with {StatusCode}")]
    public static partial void Refused(ILogger logger, string method, StatusCode statusCode);

    [LoggerMessage(4102, LogLevel.Debug, "{Method}: the deadline passed")]
    public static partial void DeadlinePassed(ILogger logger, string method);

    [LoggerMessage(4103, LogLevel.Debug, "{Method}: the client left before the end")]
    public static partial void ClientLeft(ILogger logger, string method);
}
