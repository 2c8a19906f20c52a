using Fleet.Simulator.Host;

namespace Fleet.Simulator.Terminals;

/// <summary>Closes a batch on both sides so that an interruption at any moment closes it once.</summary>
internal sealed class BatchClosing(TerminalDevice device, HostContact host)
{
    /// <summary>Pays what is owed and closes the batch at the acquirer; null where it cannot be reached.</summary>
    public async Task<ClosedTerminalBatch?> CloseAsync(CancellationToken cancellationToken)
    {
        if (!await host.PayVoidsAsync(cancellationToken))
        {
            return null;
        }

        // The number is on disk before the acquirer sees it: asked again with the same, it answers the same.
        var memory = device.Update(static m => m.OpenSettlement is null
            ? m with { TraceNumber = m.TraceNumber % 999_999 + 1, OpenSettlement = m.TraceNumber % 999_999 + 1 }
            : m);
        var answer = await device.Host.SettleAsync(new SettlementRequest(memory.Tid, memory.OpenSettlement!.Value, memory.Totals), cancellationToken);
        switch (answer.Outcome)
        {
            case SettlementOutcome.Balanced or SettlementOutcome.Unbalanced:
                return Close(memory, answer);
            case SettlementOutcome.Unreachable:
                device.Update(static m => m with { OpenSettlement = null });
                return null;
            case SettlementOutcome.Unknown:
                return null;
            default:
                throw new InvalidOperationException($"{answer.Outcome}");
        }
    }

    private ClosedTerminalBatch Close(TerminalMemory memory, SettlementAnswer answer)
    {
        var closed = new ClosedTerminalBatch(memory.OpenSettlement!.Value, memory.Totals, answer.Host, memory.Batch);
        device.Update(m => m with
        {
            Batch = [],
            OpenSettlement = null,
            LastSettlement = closed,
            Lock = m.Lock is TerminalLock.EndOfDayRequired or TerminalLock.MemoryFull ? TerminalLock.None : m.Lock,
        });
        device.Tell("endOfDay", new
        {
            memory.Tid,
            closed.TraceNumber,
            closed.Totals.Count,
            closed.Totals.Sum,
            hostCount = closed.HostTotals.Count,
            hostSum = closed.HostTotals.Sum,
        });
        return closed;
    }
}
