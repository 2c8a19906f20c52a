using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Agent.Health;

/// <summary>Where a running agent answers questions: a Unix domain socket in its data directory.</summary>
public static class StatusPort
{
    // sun_path has 108 bytes with its ending zero; a folder that is too deep gets a socket among the temporary files.
    private const int LongestPath = 100;

    /// <summary>Path of the socket of a data directory.</summary>
    public static string PathOf(string dataDirectory)
    {
        var full = Path.GetFullPath(dataDirectory);
        var path = Path.Combine(full, "agent.sock");
        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? path
            : Path.Combine(Path.GetTempPath(), $"fleet-agent-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)).AsSpan(0, 8))}.sock");
    }

    /// <summary>A socket of the right kind.</summary>
    public static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
