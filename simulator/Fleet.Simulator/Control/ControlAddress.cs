using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Simulator.Control;

/// <summary>Where a control socket listens: a TCP port on loopback or a path of a Unix domain socket.</summary>
/// <param name="Port">TCP port on 127.0.0.1, 0 for any free one; null for a path.</param>
/// <param name="Path">Path of the socket; null for a port.</param>
public sealed record ControlAddress(int? Port, string? Path)
{
    /// <summary>Reads <c>7001</c>, <c>127.0.0.1:7001</c>, <c>localhost:7001</c> or a path with a slash.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ControlAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            address = new ControlAddress(null, text);
            return true;
        }

        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "127.0.0.1" : text[..colon];
        if (host is not ("127.0.0.1" or "localhost"))
        {
            error = $"address '{text}': only this machine (127.0.0.1) is allowed";
        }
        else if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
        {
            error = $"address '{text}': expected a port from 0 to 65535, 127.0.0.1:PORT, or a path with a slash";
        }
        else
        {
            address = new ControlAddress(port, null);
        }

        return address is not null;
    }

    /// <summary>The endpoint to bind or connect.</summary>
    public EndPoint EndPoint => Path is null ? new IPEndPoint(IPAddress.Loopback, Port!.Value) : new UnixDomainSocketEndPoint(Path);

    /// <summary>A socket of the right family.</summary>
    public Socket NewSocket() => Path is null
        ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
        : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <inheritdoc/>
    public override string ToString() => Path ?? $"127.0.0.1:{Port}";
}
