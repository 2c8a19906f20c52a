namespace Grpc.Net.Client.Internal;

/// <summary>
/// Requests that met the end of their connection before anything of them left. Sending them again doubles nothing, so it needs no retry rules
/// (gRFC A6, transparent retries).
/// </summary>
internal static class Unsent
{
    /// <summary>A pool may hold several connections that have ended; more in a row is another trouble.</summary>
    public const int MostRepeats = 5;

    /// <summary>
    /// True if the connection ended, by GOAWAY with NO_ERROR or without a word, and <paramref name="body"/> was never asked for: the transport
    /// does that once it has accepted the headers.
    /// </summary>
    public static bool Was(Exception failure, IRequestBody body) => !body.HasBegun
        && failure is HttpRequestException { HttpRequestError: HttpRequestError.HttpProtocolError or HttpRequestError.ResponseEnded or HttpRequestError.Unknown }
        && IsEnd(failure);

    private static bool IsEnd(Exception failure)
    {
        for (var inner = failure.InnerException; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case HttpProtocolException protocol:
                    return protocol.ErrorCode == 0;
                case HttpIOException io:
                    return io.HttpRequestError == HttpRequestError.ResponseEnded;
                case IOException:
                    return true;
                default:
                    continue;
            }
        }

        return false;
    }
}
