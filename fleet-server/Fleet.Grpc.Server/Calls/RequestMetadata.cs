using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The headers of a request as metadata: without those that belong to the protocols.</summary>
internal static class RequestMetadata
{
    private static readonly HashSet<string> Protocol = new(StringComparer.OrdinalIgnoreCase)
    {
        "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
        "content-encoding", "content-type", "content-length", "te", "host", "accept-encoding", "connection", "transfer-encoding",
    };

    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata(headers.Count);
        foreach (var (name, values) in headers)
        {
            if (IsProtocol(name))
            {
                continue;
            }

            var key = name.ToLowerInvariant();
            foreach (var value in values)
            {
                Add(metadata, key, value ?? string.Empty);
            }
        }

        return metadata;
    }

    private static bool IsProtocol(string name) =>
        name.Length == 0 || name[0] == ':' || Protocol.Contains(name)
        || name.StartsWith("connect-", StringComparison.OrdinalIgnoreCase);

    private static void Add(Metadata metadata, string key, string value)
    {
        if (!Metadata.Entry.IsBinaryName(key))
        {
            metadata.Add(Metadata.Entry.Received(key, value));
            return;
        }

        // Proxies may join byte values with commas, which are no base64.
        foreach (var part in value.Split(','))
        {
            if (BinaryHeader.TryDecode(part, out var bytes))
            {
                metadata.Add(Metadata.Entry.Received(key, bytes));
            }
        }
    }
}
