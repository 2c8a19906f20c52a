using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// End-of-day and X report (reference 14.8). A failed end-of-day leaves the batch as it was; one that reached the acquirer is brought to its
/// end even when the till is gone.
/// </summary>
internal sealed class SettlementFlow(TerminalDevice device, PtDialogue till, HostContact host)
{
    private const byte WaitingForHost = 0x04;

    /// <summary>06 50.</summary>
    public async ValueTask EndOfDayAsync(CancellationToken cancellationToken)
    {
        await device.ReachAsync(PaymentStep.Accepted);
        if (device.Lock is not (TerminalLock.None or TerminalLock.EndOfDayRequired))
        {
            await FailAsync((byte)device.Lock, cancellationToken);
            return;
        }

        till.AbortAllowed = false;
        device.Show(ScreenText.EndOfDay, ScreenText.PleaseWait);
        await till.ShowAsync(new IntermediateStatus { Status = WaitingForHost }, cancellationToken);
        await device.ReachAsync(PaymentStep.BeforeHost);
        if (await SettleAsync(device.Power) is not { } closed)
        {
            await FailAsync(ResultCodes.NoConnection, cancellationToken);
            return;
        }

        await device.ReachAsync(PaymentStep.AfterHost);
        await ReportAsync(closed, cancellationToken);
    }

    /// <summary>06 10: the same without closing.</summary>
    public async ValueTask TotalsAsync(CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        await till.SendStatusAsync(PtMessages.Totals(memory.Batch, Falsified(), memory.TraceNumber, memory, device.LocalTime), cancellationToken);
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    private async Task<ClosedTerminalBatch?> SettleAsync(CancellationToken cancellationToken)
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
            Lock = m.Lock == TerminalLock.EndOfDayRequired ? TerminalLock.None : m.Lock,
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

    private async ValueTask ReportAsync(ClosedTerminalBatch closed, CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        device.Show(ScreenText.EndOfDayDone, $"{closed.Totals}");
        var status = PtMessages.Totals(closed.Records, Falsified(), closed.TraceNumber, memory, device.LocalTime);
        await device.SendStatusAsync(till, status, cancellationToken);
        await device.ReachAsync(PaymentStep.Final);
        if (till.Registration.Config.HasFlag(ConfigByte.EcrPrintsAdministration | ConfigByte.ReadyMadeReceipts))
        {
            var lines = Receipts.EndOfDay(closed, memory, device.LocalTime);
            await till.PrintAsync(PtMessages.Receipt(lines, ReceiptType.Administration), cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
        await device.ReachAsync(PaymentStep.Completed);
    }

    private long Falsified() => device.Faults.TakeWrongTotals() ? 1 : 0;

    private async ValueTask FailAsync(byte code, CancellationToken cancellationToken)
    {
        device.Show(ScreenText.EndOfDayFailed);
        device.Tell("endOfDay", new { device.Memory.Tid, outcome = "failed", resultCode = $"{code:X2}" });
        await till.AbortAsync(code, cancellationToken);
    }
}
