using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The headers that both forms of Connect share.</summary>
internal static class ConnectHeaders
{
    private const string Timeout = "connect-timeout-ms";
    private const string Version = "connect-protocol-version";
    private const string KnownVersion = "1";
    private const int MostDigits = 10;

    /// <summary>The version may be left out; another one than that known here is refused.</summary>
    public static void CheckVersion(IHeaderDictionary headers)
    {
        if (headers.TryGetValue(Version, out var version) && version != KnownVersion)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"{Version} is '{version}'; known is {KnownVersion}."));
        }
    }

    /// <summary>At most ten digits; anything else is no timeout.</summary>
    public static TimeSpan? ReadTimeout(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(Timeout, out var values))
        {
            return null;
        }

        var value = values.ToString();
        return value.Length <= MostDigits && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
    }
}
