using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Link;

/// <summary>A real mosquitto on the loopback that asks for a client certificate and takes its common name as the user.</summary>
internal sealed class MosquittoBroker : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    /// <param name="authority">Whose certificates it shows and takes.</param>
    /// <param name="age">How long ago the validity of its own certificate began.</param>
    /// <param name="host">The one name in it; otherwise it is for the loopback.</param>
    public MosquittoBroker(TestAuthority authority, TimeSpan? age = null, string? host = null)
    {
        using var server = authority.Server(age, host);
        File.WriteAllText(_folder.File("ca.pem"), authority.Certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(_folder.File("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        File.WriteAllText(_folder.File("acl"), "pattern readwrite fleet/v1/%u/#\n");
        File.WriteAllText(_folder.File("mosquitto.conf"), $"""
            listener {Port} 127.0.0.1
            cafile {_folder.File("ca.pem")}
            certfile {_folder.File("server.pem")}
            keyfile {_folder.File("server.key")}
            require_certificate true
            use_identity_as_username true
            max_inflight_messages {LinkLimits.MessagesInFlight}
            acl_file {_folder.File("acl")}
            user root

            """);
        Start();
    }

    public int Port { get; }

    public void Start()
    {
        var program = Engines.Require("mosquitto", "apt-get install mosquitto");
        _process = Process.Start(new ProcessStartInfo(program, ["-c", _folder.File("mosquitto.conf")]) { RedirectStandardError = true, UseShellExecute = false });
        _process!.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }
}
