using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The header <c>connect-timeout-ms</c>: at most ten digits.</summary>
internal static class ConnectTimeout
{
    private const string Name = "connect-timeout-ms";
    private const int MostDigits = 10;

    public static TimeSpan? Read(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(Name, out var values))
        {
            return null;
        }

        var value = values.ToString();
        return value.Length <= MostDigits && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
    }
}
