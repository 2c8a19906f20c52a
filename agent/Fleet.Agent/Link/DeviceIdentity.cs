using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Link;

/// <summary>Who this agent is to the server, and whom it believes. Made at enrolment.</summary>
public sealed class DeviceIdentity(
    TerminalId terminal,
    X509Certificate2 certificate,
    IReadOnlyList<X509Certificate2> intermediates,
    X509Certificate2 authority,
    TrustBundle trust,
    string host,
    int port) : IDisposable
{
    /// <summary>The terminal this agent serves: common name of the certificate and MQTT client id.</summary>
    public TerminalId Terminal { get; } = terminal;

    /// <summary>The device certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    /// <summary>A renewed certificate with its key that the server has not been seen to accept yet; null for none.</summary>
    public X509Certificate2? Next { get; init; }

    /// <summary>Certificates between the device's and the authority's.</summary>
    public IReadOnlyList<X509Certificate2> Intermediates { get; } = intermediates;

    /// <summary>The fleet's own authority: the only one that may vouch for the server.</summary>
    public X509Certificate2 Authority { get; } = authority;

    /// <summary>Keys whose signatures are believed.</summary>
    public TrustBundle Trust { get; } = trust;

    /// <summary>Time the server signed at enrolment; null when it did not.</summary>
    public DateTimeOffset? EnrolledAt { get; init; }

    /// <summary>Host of the agents' endpoint.</summary>
    public string Host { get; } = host;

    /// <summary>Port of the agents' endpoint.</summary>
    public int Port { get; } = port;

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        Next?.Dispose();
        Authority.Dispose();
        foreach (var between in Intermediates)
        {
            between.Dispose();
        }
    }
}
