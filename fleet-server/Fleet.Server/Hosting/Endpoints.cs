using System.Net;
using System.Text.Json;
using Fleet.Server.Trust;

namespace Fleet.Server.Hosting;

/// <summary>
/// What is really open, for people, scripts and <c>posctl --data</c>: written to <c>endpoints.json</c> at every start,
/// because a port of 0 is only known then.
/// </summary>
/// <param name="Operators">gRPC over TLS.</param>
/// <param name="Plaintext">gRPC without TLS, or null.</param>
/// <param name="Agents">MQTT over mutual TLS.</param>
/// <param name="Enrollment">HTTPS for enrolment.</param>
/// <param name="CaCertificate">File with the root certificate.</param>
/// <param name="OperatorTokenFile">File with the first operator's token.</param>
/// <param name="ProcessId">Process that serves.</param>
public sealed record Endpoints(
    Uri Operators, Uri? Plaintext, Uri Agents, Uri Enrollment, string CaCertificate, string OperatorTokenFile, int ProcessId)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => DurableFile.WritePublic(path, JsonSerializer.SerializeToUtf8Bytes(this, Format));

    /// <summary>An address that reaches a door: the public host where it listens on every network, else where it listens.</summary>
    public static Uri Reach(string scheme, IPEndPoint bound, string publicHost) =>
        new UriBuilder(scheme, IPAddress.IsLoopback(bound.Address) || IsAny(bound.Address) ? publicHost : bound.Address.ToString(), bound.Port).Uri;

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
