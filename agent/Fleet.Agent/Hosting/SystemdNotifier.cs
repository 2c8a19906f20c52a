using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Agent.Hosting;

/// <summary>
/// Tells systemd how the service is (sd_notify(3)): one datagram to the socket in <c>NOTIFY_SOCKET</c>. Without that variable
/// nothing happens.
/// </summary>
public sealed class SystemdNotifier(string? socketPath, TimeSpan? watchdog) : IServiceManager
{
    /// <summary>How often systemd wants to hear that the service makes progress; null when it does not watch.</summary>
    public TimeSpan? Watchdog { get; } = watchdog;

    /// <summary>True when the service runs under systemd with Type=notify.</summary>
    public bool IsActive => !string.IsNullOrEmpty(socketPath);

    /// <summary>As the environment says: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    public static SystemdNotifier FromEnvironment()
    {
        var mine = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } process
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        TimeSpan? watchdog = mine && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0
            ? TimeSpan.FromMicroseconds(micros)
            : null;
        return new SystemdNotifier(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), watchdog);
    }

    /// <inheritdoc/>
    public void Ready() => Notify("READY=1", "STATUS=Serving.");

    /// <inheritdoc/>
    public void Stopping() => Notify("STOPPING=1", "STATUS=Finishing what runs.");

    /// <inheritdoc/>
    public void Alive() => Notify("WATCHDOG=1");

    /// <inheritdoc/>
    public void Reloading(long bootMicros) =>
        Notify("RELOADING=1", "MONOTONIC_USEC=" + bootMicros.ToString(CultureInfo.InvariantCulture), "STATUS=Reading the settings.");

    /// <inheritdoc/>
    public void Reloaded(string status) => Notify("READY=1", "STATUS=" + status);

    /// <summary>Sends assignments such as <c>READY=1</c>. A manager that does not listen is no error of the service.</summary>
    public void Notify(params ReadOnlySpan<string> assignments)
    {
        if (string.IsNullOrEmpty(socketPath))
        {
            return;
        }

        try
        {
            // A leading '@' stands for the abstract namespace.
            var address = new UnixDomainSocketEndPoint(socketPath[0] == '@' ? "\0" + socketPath[1..] : socketPath);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(string.Join('\n', assignments)), address);
        }
        catch (SocketException)
        {
            // The manager restarts a service that it does not hear; there is nobody else to tell.
        }
    }
}
