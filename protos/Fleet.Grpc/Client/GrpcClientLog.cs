using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Internal;

/// <summary>What a client tells the log; events 4150-4159.</summary>
internal static partial class GrpcClientLog
{
    [LoggerMessage(4150, LogLevel.Warning, "The configured CallCredentials were not used because the call does not use TLS")]
    public static partial void CallCredentialsNotUsed(ILogger logger);
}
