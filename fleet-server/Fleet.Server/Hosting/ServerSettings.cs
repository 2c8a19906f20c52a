using System.Net;

namespace Fleet.Server.Hosting;

/// <summary>Where one of the server's doors listens.</summary>
/// <param name="Address">Address to listen on.</param>
/// <param name="Port">TCP port; 0 for any free one.</param>
public sealed record DoorSettings(IPAddress Address, int Port);

/// <summary>Everything that can be set, checked as a whole.</summary>
public sealed class ServerSettings
{
    /// <summary>The operators' door: gRPC over TLS (h2, and http/1.1 for health and metrics).</summary>
    public required DoorSettings Operators { get; init; }

    /// <summary>A second operators' door without TLS, loopback only; null: none.</summary>
    public required int? PlaintextPort { get; init; }

    /// <summary>The agents' door: MQTT 5 over mutual TLS.</summary>
    public required DoorSettings Agents { get; init; }

    /// <summary>The enrolment door: HTTPS.</summary>
    public required DoorSettings Enrollment { get; init; }

    /// <summary>Host name that agents and operators' tools use to reach this server.</summary>
    public required string PublicHost { get; init; }

    /// <summary>Further names in the server's certificate.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Whether the API describes itself to callers with a token.</summary>
    public required bool Reflection { get; init; }

    /// <summary>Largest gRPC message that is read, in bytes.</summary>
    public required int MaximumMessageBytes { get; init; }

    /// <summary>Most agents at a time.</summary>
    public required int MaximumAgents { get; init; }

    /// <summary>Life of an agent's certificate; the agent renews it at two thirds.</summary>
    public required TimeSpan DeviceCertificateLifetime { get; init; }

    /// <summary>Life of the server's certificate; a new one is made at two thirds of it, while the server runs.</summary>
    public required TimeSpan ServerCertificateLifetime { get; init; }

    /// <summary>Whether a settlement waits for the acquirer's totals.</summary>
    public required bool AcquirerRequired { get; init; }

    /// <summary>How long a settlement waits for the acquirer's totals before it is blocked.</summary>
    public required TimeSpan AcquirerWait { get; init; }

    /// <summary>Lowest level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Every name of the server's certificate.</summary>
    public IReadOnlyList<string> CertificateNames =>
        new[] { "localhost", "127.0.0.1", "::1", PublicHost }.Concat(Names).Distinct(StringComparer.OrdinalIgnoreCase).ToList();

    /// <summary>Reads and checks everything; null when there are faults.</summary>
    public static ServerSettings? Read(IConfiguration configuration, out IReadOnlyList<SettingFault> faults)
    {
        var reader = new SettingReader(configuration);
        var operators = Door(reader, "Operators", 8443);
        var settings = new ServerSettings
        {
            Operators = operators,
            PlaintextPort = reader.OptionalPort("Operators:PlaintextPort"),
            Reflection = reader.Flag("Operators:Reflection") ?? IPAddress.IsLoopback(operators.Address),
            MaximumMessageBytes = reader.Number("Operators:MaximumMessageBytes", 4 * 1024 * 1024, 16 * 1024, 64 * 1024 * 1024),
            Agents = Door(reader, "Agents", 8883),
            MaximumAgents = reader.Number("Agents:Maximum", 20_000, 1, 1_000_000),
            Enrollment = Door(reader, "Enrollment", 8444),
            DeviceCertificateLifetime = reader.Duration("Enrollment:CertificateLifetime", TimeSpan.FromDays(365), TimeSpan.FromSeconds(10), TimeSpan.FromDays(20 * 365)),
            PublicHost = reader.Host("Tls:PublicHost", "localhost"),
            Names = reader.Hosts("Tls:Names"),
            ServerCertificateLifetime = reader.Duration("Tls:CertificateLifetime", TimeSpan.FromDays(365), TimeSpan.FromSeconds(10), TimeSpan.FromDays(20 * 365)),
            AcquirerRequired = reader.Flag("Acquirer:Required") ?? false,
            AcquirerWait = reader.Duration("Acquirer:Wait", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromDays(1)),
            LogLevel = Enum.Parse<LogLevel>(reader.Choice("Log:Level", nameof(LogLevel.Information), Enum.GetNames<LogLevel>())),
        };

        RefuseSharedPorts(reader, settings);
        reader.RefuseUnknownKeys();
        faults = reader.Faults;
        return faults.Count == 0 ? settings : null;
    }

    private static DoorSettings Door(SettingReader reader, string section, int port) =>
        new(reader.Address($"{section}:Address", IPAddress.Loopback), reader.Port($"{section}:Port", port));

    private static void RefuseSharedPorts(SettingReader reader, ServerSettings settings)
    {
        (string Key, int Port)[] ports =
        [
            ("Operators:Port", settings.Operators.Port),
            ("Operators:PlaintextPort", settings.PlaintextPort ?? 0),
            ("Agents:Port", settings.Agents.Port),
            ("Enrollment:Port", settings.Enrollment.Port),
        ];
        foreach (var group in ports.Where(static p => p.Port != 0).GroupBy(static p => p.Port).Where(static g => g.Count() > 1))
        {
            reader.Fault(group.Last().Key, $"port {group.Key} is already that of {group.First().Key}");
        }
    }
}
