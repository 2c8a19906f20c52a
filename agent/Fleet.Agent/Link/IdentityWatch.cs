using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Link;

/// <summary>Notices that the identity on disk was changed from outside: the agent was enrolled, or enrolled anew, while it runs.</summary>
internal sealed class IdentityWatch(CurrentIdentity identity, FleetTime time, TimeProvider clock, ILogger<IdentityWatch> logger) : BackgroundService
{
    // A look is one stat of one file.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!identity.Refresh())
            {
                continue;
            }

            if (identity.Now is { Device: { } device })
            {
                LinkLog.IdentityTaken(logger, device.Terminal);
                if (device.EnrolledAt is { } enrolled)
                {
                    time.Enrolled(enrolled);
                }
            }
            else
            {
                LinkLog.IdentityGone(logger, identity.Now.Problem);
            }
        }
    }
}
