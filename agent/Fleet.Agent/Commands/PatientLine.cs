using Fleet.Agent.Terminal;

namespace Fleet.Agent.Commands;

/// <summary>
/// The line for commands that end with a failure when there is no terminal: one that was only just lost, or is not open yet after a
/// start, gets some time to come back.
/// </summary>
public sealed class PatientLine(TerminalLine line, CommandOptions options, TimeProvider clock)
{
    /// <summary>How the line stands, for a person.</summary>
    public string Detail => line.Status.Detail;

    /// <summary>The line, or null when it did not come within <see cref="CommandOptions.DisablePatience"/>. A payment that runs is waited for without bound.</summary>
    public async Task<LineLease?> TakeAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var changed = line.Changed;
            var lease = (await line.AcquireAsync(LineUser.Command, Timeout.InfiniteTimeSpan, cancellationToken)).Lease;
            var left = options.DisablePatience - clock.GetElapsedTime(started);
            if (lease is not null || left <= TimeSpan.Zero)
            {
                return lease;
            }

            try
            {
                await changed.WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Asked once more.
            }
        }
    }
}
