using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;

namespace Fleet.Simulator.Terminals;

/// <summary>End-of-day and X report (reference 14.8). A failed end-of-day leaves the batch as it was.</summary>
internal sealed class SettlementFlow(TerminalDevice device, PtConversation till, HostContact host)
{
    private const byte WaitingForHost = 0x04;
    private const byte AdministrationReceipt = 3;

    /// <summary>06 50.</summary>
    public async ValueTask EndOfDayAsync(CancellationToken cancellationToken)
    {
        await device.ReachAsync(PaymentStep.Accepted, cancellationToken);
        if (device.Lock is not (TerminalLock.None or TerminalLock.EndOfDayRequired))
        {
            await FailAsync((byte)device.Lock, cancellationToken);
            return;
        }

        till.Abortable = false;
        device.Show(ScreenText.EndOfDay, ScreenText.PleaseWait);
        if (device.Memory.Till.IntermediateStatus)
        {
            await till.AskAsync(PtMessages.Intermediate(WaitingForHost), cancellationToken);
        }

        await device.ReachAsync(PaymentStep.BeforeHost, cancellationToken);
        var settling = SettleAsync(cancellationToken);
        await till.WhileAsync(settling, cancellationToken);
        if (await settling is not { } closed)
        {
            await FailAsync(ResultCodes.NoConnection, cancellationToken);
            return;
        }

        await device.ReachAsync(PaymentStep.AfterHost, cancellationToken);
        await ReportAsync(closed, cancellationToken);
    }

    /// <summary>06 10: the same without closing.</summary>
    public async ValueTask TotalsAsync(CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        await till.AskAsync(
            PtMessages.Totals(memory.Batch, Falsified(), memory.TraceNumber, memory, device.LocalTime), device.Timers.Goods, cancellationToken);
        await till.AskAsync(PtMessages.Done, cancellationToken);
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
        device.ArmBeforeStatus();
        var sent = await till.SendAsync(status, cancellationToken);
        await device.ReachAsync(PaymentStep.StatusSent, cancellationToken);
        if (sent)
        {
            await till.AnswerAsync(device.Timers.Goods, cancellationToken);
        }

        await device.ReachAsync(PaymentStep.Final, cancellationToken);
        if (memory.Till is { TillPrintsAdministration: true, ReadyMadeReceipts: true })
        {
            var lines = Receipts.EndOfDay(closed, memory, device.LocalTime);
            foreach (var apdu in PtMessages.Receipt(lines, memory.Till.PrintBlocks, AdministrationReceipt))
            {
                if (!(await till.AskAsync(apdu, cancellationToken)).IsPositive)
                {
                    break;
                }
            }
        }

        await till.AskAsync(PtMessages.Done, cancellationToken);
        await device.ReachAsync(PaymentStep.Completed, cancellationToken);
    }

    private long Falsified() => device.Faults.TakeWrongTotals() ? 1 : 0;

    private async ValueTask FailAsync(byte code, CancellationToken cancellationToken)
    {
        device.Show(ScreenText.EndOfDayFailed);
        device.Tell("endOfDay", new { device.Memory.Tid, outcome = "failed", resultCode = $"{code:X2}" });
        await till.AskAsync(PtMessages.Aborted(code), cancellationToken);
    }
}
