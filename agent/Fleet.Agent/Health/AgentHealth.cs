using Fleet.Agent.Gate;
using Fleet.Agent.Hosting;
using Fleet.Agent.Link;
using Fleet.Agent.Uplink;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>The agent itself: its gate, its way to the server, its certificate, its clock.</summary>
public sealed class AgentHealth(PaymentGate gate, IFleetLink link, UplinkProgress progress, ICurrentIdentity current) : IHealthPart
{
    /// <inheritdoc/>
    public void AddTo(HealthReport report)
    {
        report.AgentVersion = AgentVersion.Text;
        report.Gate = gate.Position.State;
        report.Server = link.Status.State switch
        {
            LinkState.Connected when progress.StoppedReason.Length > 0 => HealthReport.Types.Server.Stopped,
            LinkState.Connected => HealthReport.Types.Server.Connected,
            LinkState.Unreachable => HealthReport.Types.Server.Unreachable,
            LinkState.Refused => HealthReport.Types.Server.Refusing,
            LinkState.Off => HealthReport.Types.Server.Off,
            _ => throw new InvalidOperationException($"No such link state: {link.Status.State}."),
        };
        if (progress.ServerClockOffset is { } offset)
        {
            report.ClockOffsetMillis = (long)offset.TotalMilliseconds;
        }

        report.CertificateEndUnixSeconds = current.Now.Device is { } device ? new DateTimeOffset(device.Certificate.NotAfter).ToUnixTimeSeconds() : 0;
    }
}
