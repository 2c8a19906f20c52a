using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fleet.Mqtt.Tests.Support;
using Fleet.Testing;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>Somebody else's broker on two ports of the loopback, one plain, one with TLS that asks for the client's certificate.</summary>
internal sealed class PeerBroker : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private PeerProgram? _program;

    public PeerCertificates Certificates { get; } = new();

    public int Port { get; private set; }

    public int TlsPort { get; private set; }

    public static async Task<PeerBroker> StartAsync(string name)
    {
        var broker = new PeerBroker();
        try
        {
            await (name switch
            {
                "mosquitto" => broker.StartMosquittoAsync(),
                "ejabberd" => broker.StartEjabberdAsync(),
                "aedes" => broker.StartAedesAsync(),
                _ => throw new ArgumentException($"{name} is not a broker that is known here.", nameof(name)),
            });
            return broker;
        }
        catch
        {
            broker.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _program?.Dispose();
        Certificates.Dispose();
        _folder.Dispose();
    }

    /// <summary>Two different ones: both are held until both are known.</summary>
    private static (int Plain, int Tls) FreePorts()
    {
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        using var tls = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        tls.Start();
        return (((IPEndPoint)plain.LocalEndpoint).Port, ((IPEndPoint)tls.LocalEndpoint).Port);
    }

    private static bool IsListening(int port)
    {
        try
        {
            using var probe = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task StartMosquittoAsync()
    {
        var mosquitto = Engines.Require("mosquitto", "apt-get install mosquitto");
        (Port, TlsPort) = FreePorts();
        await File.WriteAllTextAsync(
            _folder.File("mosquitto.conf"),
            $"""
            user {Environment.UserName}
            per_listener_settings false
            allow_anonymous true
            persistence false
            max_inflight_messages 500
            max_queued_messages 0
            log_type none
            listener {Port} 127.0.0.1
            listener {TlsPort} 127.0.0.1
            cafile {Certificates.Folder}/ca.crt
            certfile {Certificates.Folder}/server.crt
            keyfile {Certificates.Folder}/server.key
            require_certificate true

            """);
        _program = PeerProgram.Start(mosquitto, "-c", _folder.File("mosquitto.conf"));
        await Eventually.TrueAsync(() => IsListening(Port) && IsListening(TlsPort), "mosquitto listens");
    }

    /// <summary>Without Erlang's distribution: no node name, no port mapper, nothing but the two listeners.</summary>
    private async Task StartEjabberdAsync()
    {
        const string Install = "apt-get install ejabberd";
        Engines.Require("ejabberdctl", Install);
        var erl = Engines.Require("erl", Install);
        (Port, TlsPort) = FreePorts();
        await File.WriteAllTextAsync(
            _folder.File("server.pem"),
            await File.ReadAllTextAsync($"{Certificates.Folder}/server.crt") + "\n" + await File.ReadAllTextAsync($"{Certificates.Folder}/server.key"));
        await File.WriteAllTextAsync(
            _folder.File("ejabberd.yml"),
            $"""
            hosts: [localhost]
            loglevel: none
            certfiles: ["{_folder.File("server.pem")}"]
            ca_file: "{Certificates.Folder}/ca.crt"
            listen:
              - port: {Port}
                ip: 127.0.0.1
                module: mod_mqtt
              - port: {TlsPort}
                ip: 127.0.0.1
                module: mod_mqtt
                tls: true
                tls_verify: true
            auth_method: [anonymous]
            anonymous_protocol: login_anon
            allow_multiple_connections: true
            modules:
              mod_mqtt:
                max_queue: infinity

            """);
        var environment = new Dictionary<string, string>
        {
            ["EJABBERD_CONFIG_PATH"] = _folder.File("ejabberd.yml"),
            ["EJABBERD_LOG_PATH"] = _folder.File("ejabberd.log"),
            ["ERL_LIBS"] = Directory.GetDirectories("/usr/lib").Append("/usr/lib").First(static d => Directory.EnumerateDirectories(d, "ejabberd-*").Any()),
            ["ERL_CRASH_DUMP"] = _folder.File("crash"),
            ["HOME"] = _folder.Path,
        };
        _program = PeerProgram.Start(
            erl, environment, "-noinput", "-boot", "start_sasl", "-sasl", "sasl_error_logger", "false", "-mnesia", "dir", $"\"{_folder.File("spool")}\"", "-s", "ejabberd");
        await Eventually.TrueAsync(() => IsListening(Port) && IsListening(TlsPort), "ejabberd listens");
    }

    private async Task StartAedesAsync()
    {
        _program = PeerProgram.Node("aedes_broker.mjs", Certificates.Folder);
        var ports = (await _program.Process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!.Split(' ');
        (Port, TlsPort) = (int.Parse(ports[0], CultureInfo.InvariantCulture), int.Parse(ports[1], CultureInfo.InvariantCulture));
    }
}
