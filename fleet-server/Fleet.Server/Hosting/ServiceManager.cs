using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Server.Hosting;

/// <summary>
/// Tells systemd how the service stands (sd_notify(3)): a datagram to the socket it names. Without a service manager nothing is told, and one
/// that does not listen stops nobody.
/// </summary>
public sealed class ServiceManager(string? socketPath, TimeSpan? watchdog = null)
{
    /// <summary>How often it wants to hear that the server gets on; null when it does not watch.</summary>
    public TimeSpan? Watchdog => watchdog;

    /// <summary>The service manager that started this process, if any.</summary>
    public static ServiceManager OfProcess() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), WatchdogOfProcess());

    /// <summary>Every door is open.</summary>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}\nMAINPID={Environment.ProcessId}");

    /// <summary>The server gets on.</summary>
    public void Alive() => Tell("WATCHDOG=1");

    /// <summary>The server stops in good order.</summary>
    public void Stopping() => Tell("STOPPING=1\nSTATUS=Stopping");

    private static TimeSpan? WatchdogOfProcess()
    {
        var isMine = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isMine && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0
            ? TimeSpan.FromMicroseconds(micros)
            : null;
    }

    private void Tell(string state)
    {
        if (string.IsNullOrEmpty(socketPath))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

            // A name that begins with @ is in the abstract namespace, written with a zero byte.
            socket.Connect(new UnixDomainSocketEndPoint(socketPath[0] == '@' ? '\0' + socketPath[1..] : socketPath));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"fleet-server: the service manager at {socketPath} could not be told: {e.Message}");
        }
    }
}
