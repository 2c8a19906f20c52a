using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>A broker in a process of its own on a free port of the loopback: ours without the product, or mosquitto.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private readonly Process _process;
    private readonly string? _configuration;

    private BrokerProcess(Process process, int port, string? configuration)
    {
        _process = process;
        Port = port;
        _configuration = configuration;
    }

    public int Port { get; }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    public static bool HasMosquitto => Mosquitto is not null;

    private static string? Mosquitto => new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto" }.FirstOrDefault(File.Exists);

    /// <summary>As the product runs it.</summary>
    public static Task<BrokerProcess> StartOursAsync(CancellationToken cancellationToken, string? certificates = null) =>
        StartHostAsync("mqtt-broker", certificates, cancellationToken, "--scheduling", "pool");

    /// <summary>Packets are handled on the thread that read them.</summary>
    public static Task<BrokerProcess> StartOursInlineAsync(CancellationToken cancellationToken) =>
        StartHostAsync("mqtt-broker", certificates: null, cancellationToken, "--scheduling", "inline");

    /// <summary>Kestrel with a handler that answers CONNECT and does nothing else.</summary>
    public static Task<BrokerProcess> StartKestrelFloorAsync(CancellationToken cancellationToken, string? certificates = null) =>
        StartHostAsync("floor-kestrel", certificates, cancellationToken);

    /// <summary>The same on bare sockets.</summary>
    public static Task<BrokerProcess> StartSocketFloorAsync(CancellationToken cancellationToken) => StartHostAsync("floor-sockets", certificates: null, cancellationToken);

    public static async Task<BrokerProcess> StartMosquittoAsync(CancellationToken cancellationToken, string? certificates = null)
    {
        var port = FreePort();
        var configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            configuration,
            $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\nlog_type none\nuser {Environment.UserName}\n"
            + (certificates is null ? string.Empty : $"certfile {certificates}/server.crt\nkeyfile {certificates}/server.key\n"),
            cancellationToken);
        return await StartAsync(Mosquitto!, ["-c", configuration], port, configuration, cancellationToken);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        if (_configuration is not null)
        {
            File.Delete(_configuration);
        }
    }

    private static Task<BrokerProcess> StartHostAsync(string verb, string? certificates, CancellationToken cancellationToken, params string[] options)
    {
        var port = FreePort();
        string[] tls = certificates is null ? [] : ["--tls", certificates];
        return StartAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Fleet.Conformance.dll"), verb, "--port", $"{port}", .. tls, .. options], port, null, cancellationToken);
    }

    private static async Task<BrokerProcess> StartAsync(string program, string[] arguments, int port, string? configuration, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };

        var broker = new BrokerProcess(Process.Start(info)!, port, configuration);
        for (var i = 0; i < 500; i++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return broker;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }
        }

        broker.Dispose();
        throw new InvalidOperationException($"{program} does not listen on port {port}.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
