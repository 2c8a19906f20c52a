using Fleet.Simulator.Faults;
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
        till.AbortAllowed = false;
        device.Show(ScreenText.EndOfDay, ScreenText.PleaseWait);
        await till.ShowAsync(new IntermediateStatus { Status = WaitingForHost }, cancellationToken);
        await device.ReachAsync(PaymentStep.BeforeHost);
        if (await new BatchClosing(device, host).CloseAsync(device.Power) is not { } closed)
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
            await till.PrintAsync(PtMessages.Receipt(lines, ReceiptType.Administration, till.Registration.Charset), cancellationToken);
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
