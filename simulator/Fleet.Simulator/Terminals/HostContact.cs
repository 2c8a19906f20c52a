using Fleet.Simulator.Host;

namespace Fleet.Simulator.Terminals;

/// <summary>The way to the acquirer: what is owed goes first, and what was asked is on disk before it is asked.</summary>
internal sealed class HostContact(TerminalDevice device)
{
    /// <summary>Takes back what never became final. False: the acquirer cannot be reached.</summary>
    public async ValueTask<bool> PayVoidsAsync(CancellationToken cancellationToken)
    {
        foreach (var trace in device.Memory.OwedVoids)
        {
            if (!await device.Host.VoidAsync(device.Memory.Tid, trace, cancellationToken))
            {
                return false;
            }

            device.Update(m => m with { OwedVoids = m.OwedVoids.Remove(trace) });
            device.Tell("autoReversal", new { device.Memory.Tid, traceNumber = trace });
        }

        return true;
    }

    /// <summary>Asks for a booking. No answer leaves a void to pay, because the acquirer may have booked it.</summary>
    public async ValueTask<HostAnswer> AuthoriseAsync(HostRequest request, CancellationToken cancellationToken)
    {
        if (!await PayVoidsAsync(cancellationToken))
        {
            return HostAnswer.Unreachable;
        }

        device.Update(m => m with { AskedTraceNumber = request.TraceNumber });
        var answer = await device.Host.AuthoriseAsync(request, cancellationToken);
        if (answer.Outcome == HostOutcome.Unreachable)
        {
            device.Update(m => m with { AskedTraceNumber = null, OwedVoids = m.OwedVoids.Add(request.TraceNumber) });
        }

        return answer;
    }

    /// <summary>Takes back what the interrupted payment left, now or as soon as the acquirer can be reached.</summary>
    public async ValueTask TakeBackAsync(CancellationToken cancellationToken)
    {
        if (device.Memory is not { Provisional: null, AskedTraceNumber: null })
        {
            device.Update(static m => m.Recovered());
        }

        await PayVoidsAsync(cancellationToken);
    }
}
