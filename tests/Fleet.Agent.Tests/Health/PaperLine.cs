using Fleet.Agent.Health;
using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Health;

/// <summary>A line whose health a test writes.</summary>
internal sealed class PaperLine : IHealthPart, ILineUse
{
    public HealthReport Now { get; set; } = new() { Link = HealthReport.Types.Link.Ready };

    public bool IsServingTill { get; set; }

    public void AddTo(HealthReport report) => report.MergeFrom(Now);
}
