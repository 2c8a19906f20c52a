using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Mqtt.Broker.Access;

namespace Fleet.Server.Gateway;

/// <summary>Who an agent's connection belongs to: what its certificate says, never what the agent says.</summary>
public sealed class AgentIdentity(TerminalId terminal) : MqttIdentity(terminal.Value)
{
    private const string CommonName = "2.5.4.3";

    /// <summary>The terminal.</summary>
    public TerminalId Terminal { get; } = terminal;

    /// <summary>The terminal that a certificate of the fleet names: its subject is one common name and nothing else.</summary>
    public static bool TryRead(X509Certificate2 certificate, out TerminalId terminal)
    {
        terminal = default;
        try
        {
            var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames().ToList();
            return names is [{ HasMultipleElements: false } name]
                && name.GetSingleElementType().Value == CommonName
                && TerminalId.TryParse(name.GetSingleElementValue(), out terminal);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
