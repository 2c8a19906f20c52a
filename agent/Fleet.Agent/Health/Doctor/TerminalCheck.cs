using System.Net.Sockets;
using Fleet.Agent.Terminal;
using Fleet.Serial;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The terminal's line, from outside: device there and ours to open, or port open.</summary>
internal sealed class TerminalCheck(string address, string dataDirectory, TimeProvider clock) : IDoctorCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Title => "Terminal line";

    public async Task<Finding> LookAsync(CancellationToken cancellationToken)
    {
        if (TerminalAddress.TryTcp(address, out var host, out var port))
        {
            return await TryTcpAsync(host, port, cancellationToken);
        }

        return SerialAddress.TryParse(address, out var serial, out var fault)
            ? await LookAtDeviceAsync(serial.Device, cancellationToken)
            : Finding.Bad($"the address cannot be read: {fault}", "Correct terminal.address in the settings.");
    }

    private async Task<Finding> TryTcpAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, either.Token);
            return Finding.Good($"{host}:{port} takes connections");
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return Finding.Bad($"{host}:{port} takes no connection: {error.Message}", "Switch the terminal on; check its address and that ZVT over TCP is switched on.");
        }
    }

    private async Task<Finding> LookAtDeviceAsync(string device, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            return Finding.Good($"{device} is the address");
        }

        if (!File.Exists(device))
        {
            return Finding.Bad($"{device} does not exist", "Plug in the cable or adapter; look into /dev/serial/by-id for its name.");
        }

        try
        {
            using var file = File.Open(device, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite });
            return Finding.Good($"{device} can be opened");
        }
        catch (UnauthorizedAccessException)
        {
            return Finding.Bad($"{device} may not be opened by this user", "Add the agent's user to the group of the device (usually dialout): usermod -aG dialout USER");
        }
        catch (IOException error)
        {
            return await DoctorRun.IsRunningAsync(dataDirectory, cancellationToken)
                ? Finding.Good($"{device} is held by the running agent, see its status")
                : Finding.Bad($"{device} cannot be opened: {error.Message}", "Check that no other program holds it (ModemManager, brltty, the old till driver).");
        }
    }
}
