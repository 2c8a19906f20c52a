using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Health;

/// <summary>
/// Where a running agent answers questions: a Unix domain socket in its data directory. Systems without them (Windows before 1803) get a
/// loopback port; its number and a password for it lie in the data directory, so whoever may read that may ask.
/// </summary>
public static class StatusPort
{
    /// <summary>Name of the socket that only tells.</summary>
    internal const string Status = "agent";

    /// <summary>Name of the socket that takes requests.</summary>
    internal const string Control = "control";

    /// <summary>Length of the password of a loopback port, in bytes.</summary>
    internal const int PasswordLength = 32;

    // sun_path has 108 bytes with its ending zero; a folder that is too deep gets a socket among the temporary files.
    private const int LongestPath = 100;

    /// <summary>Path of the socket of a data directory.</summary>
    public static string PathOf(string dataDirectory, string name = Status)
    {
        var full = Path.GetFullPath(dataDirectory);
        var path = Path.Combine(full, name + ".sock");
        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? path
            : Path.Combine(Path.GetTempPath(), $"fleet-agent-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 8))}.sock");
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="dataDirectory">Folder of the agent's data.</param>
    /// <param name="unixSockets">Whether this system has Unix domain sockets.</param>
    /// <param name="name"><see cref="Status"/> or <see cref="Control"/>.</param>
    /// <exception cref="SocketException">The system refused.</exception>
    internal static StatusDoor Listen(string dataDirectory, bool unixSockets, string name = Status)
    {
        var door = unixSockets ? OpenSocket(PathOf(dataDirectory, name)) : OpenPort(PortFile(dataDirectory, name));
        door.Listener.Listen(8);
        return door;
    }

    /// <summary>Connects to the agent of a data directory.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">There is no file that says where.</exception>
    internal static Task<Socket> ConnectAsync(string dataDirectory, bool unixSockets, CancellationToken cancellationToken) =>
        ConnectAsync(dataDirectory, unixSockets, Status, cancellationToken);

    /// <inheritdoc cref="ConnectAsync(string, bool, CancellationToken)"/>
    internal static async Task<Socket> ConnectAsync(string dataDirectory, bool unixSockets, string name, CancellationToken cancellationToken)
    {
        var socket = unixSockets ? UnixSocket() : TcpSocket();
        try
        {
            if (unixSockets)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf(dataDirectory, name)), cancellationToken);
                return socket;
            }

            var (port, password) = ReadPortFile(PortFile(dataDirectory, name));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            await socket.SendAsync(password, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static StatusDoor OpenSocket(string path)
    {
        File.Delete(path);
        var listener = UnixSocket();
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return new StatusDoor(listener, path, password: null);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static StatusDoor OpenPort(string file)
    {
        var listener = TcpSocket();
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var password = RandomNumberGenerator.GetBytes(PasswordLength);
            var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            DurableFile.Write(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{port} {Convert.ToHexStringLower(password)}\n")));
            return new StatusDoor(listener, file, password);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static (int Port, byte[] Password) ReadPortFile(string file) =>
        File.ReadAllText(file).TrimEnd().Split(' ') is [var number, { Length: 2 * PasswordLength } password]
        && ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && password.All(char.IsAsciiHexDigit)
            ? (port, Convert.FromHexString(password))
            : throw new IOException($"{file} does not say where the agent answers");

    private static string PortFile(string dataDirectory, string name) => Path.Combine(Path.GetFullPath(dataDirectory), name + ".port");

    private static Socket UnixSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static Socket TcpSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
