using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;
using static Fleet.Contracts.Link.V1.Transaction.Types;

namespace Fleet.Agent.Capture;

/// <summary>
/// Learns lost outcomes by asking the terminal, each time the line was opened (reference section 15.2): 05 01 until it is ready,
/// 06 20 for its last transaction, 06 10 where that does not decide. Nothing is ever sent again.
/// </summary>
public sealed class OutcomeResolver(
    PaymentCapture capture, ReceiptQuestions questions, StatusQuestion status, TimeProvider clock, ILogger<OutcomeResolver> logger)
    : ILineDuty
{
    private const byte PleaseWait = 0x9C;

    /// <inheritdoc/>
    public async Task PerformAsync(LineLease lease, CancellationToken cancellationToken)
    {
        await ResolveAllAsync(lease, cancellationToken);
        if (!capture.Snapshot.Last.IsKnown && capture.Snapshot.Open.Count == 0 && lease.IsAlive)
        {
            await LearnLastAsync(lease, cancellationToken);
        }
    }

    /// <summary>Tries to resolve every open payment; true when none is left.</summary>
    public async Task<bool> ResolveAllAsync(LineLease lease, CancellationToken cancellationToken)
    {
        foreach (var payment in capture.Snapshot.Open)
        {
            var lost = payment.Stage is PaymentStage.Intended or PaymentStage.StatusSeen
                ? await capture.LoseAsync(payment, Describe(payment), cancellationToken)
                : payment;
            if (!lease.IsAlive || !await WaitUntilReadyAsync(lease, cancellationToken))
            {
                return false;
            }

            await ResolveAsync(lease, lost, cancellationToken);
        }

        return capture.Snapshot.Open.Count == 0;
    }

    private static string Describe(OpenPayment payment) => payment.Stage switch
    {
        PaymentStage.Intended => "the dialogue was cut off before an outcome was seen",
        PaymentStage.StatusSeen => $"the dialogue was cut off after the status information (result code {payment.Status?.ResultCode:X2})",
        PaymentStage.Unknown or PaymentStage.Undecided => payment.Evidence,
        _ => throw new ArgumentOutOfRangeException(nameof(payment), payment.Stage, "no such stage"),
    };

    // A terminal that is still in the old dialogue answers 9C, or not at all; it is out of it after T4 at the latest.
    private async Task<bool> WaitUntilReadyAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < lease.DialogueTimeout)
        {
            if (await status.AskAsync(lease, cancellationToken) is { StatusCode: not PleaseWait })
            {
                return true;
            }

            if (!lease.IsAlive)
            {
                return false;
            }

            await Task.Delay(lease.Options.ReadyPause, clock, cancellationToken);
        }

        return false;
    }

    private async Task ResolveAsync(LineLease lease, OpenPayment payment, CancellationToken cancellationToken)
    {
        var repeated = await questions.LastAsync(lease, cancellationToken);
        if (repeated.Kind is EcrOutcomeKind.Unknown or EcrOutcomeKind.NotSent)
        {
            return;
        }

        var verdict = RecoveryRule.Judge(payment, repeated, clock.LocalTimeZone);
        switch (verdict)
        {
            case RecoveryVerdict.Booked:
                var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
                var adopted = new PaymentResult(TransactionOutcome.Approved, 0, Evidence.RepeatReceipt, "the terminal repeats it as its last transaction")
                {
                    Status = StatusReader.ReadPayment(repeated.Status!.Fields, today),
                    Repeated = repeated.Status.ToApdu(),
                };
                await FinishAsync(payment, adopted, cancellationToken);
                break;
            case RecoveryVerdict.NotBooked:
                await NotBookedAsync(payment, cancellationToken);
                break;
            case RecoveryVerdict.Reversed:
                await FinishAsync(payment, TransactionOutcome.AutoReversed, Evidence.RepeatReceipt, "the terminal's last transaction is its reversal", cancellationToken);
                break;
            case RecoveryVerdict.Foreign:
                await capture.LeaveUndecidedAsync(payment, "the terminal's last transaction is newer and another one", cancellationToken);
                CaptureLog.Undecided(logger, payment.TransactionId, "foreign transaction");
                break;
            case RecoveryVerdict.CannotTell:
                await AskTotalsAsync(lease, payment, cancellationToken);
                break;
            default:
                throw new InvalidOperationException("No such verdict: " + verdict);
        }
    }

    // A decline that was seen stays a decline; an approval that was seen and is not booked was reversed by the terminal.
    private Task NotBookedAsync(OpenPayment payment, CancellationToken cancellationToken) => payment.Status switch
    {
        { IsApproved: true } => FinishAsync(
            payment, TransactionOutcome.AutoReversed, Evidence.RepeatReceipt, "approved before, and not among the terminal's transactions now", cancellationToken),
        { } declined => FinishAsync(
            payment,
            new PaymentResult(TransactionOutcome.Declined, declined.ResultCode, Evidence.RepeatReceipt, "the terminal knows nothing newer than before"),
            cancellationToken),
        null => FinishAsync(payment, TransactionOutcome.Aborted, Evidence.RepeatReceipt, "the terminal knows nothing newer than before", cancellationToken),
    };

    private async Task AskTotalsAsync(LineLease lease, OpenPayment payment, CancellationToken cancellationToken)
    {
        var totals = await questions.TotalsAsync(lease, cancellationToken);
        if (TotalsDecision.Of(capture.Snapshot, totals, payment.Request.Currency) is { } decided)
        {
            await FinishAsync(payment, decided.Outcome, Evidence.Totals, "the terminal's totals decide", cancellationToken);
            return;
        }

        await capture.LeaveUndecidedAsync(payment, "the terminal can neither repeat it nor do its totals decide", cancellationToken);
        CaptureLog.Undecided(logger, payment.TransactionId, "no record, no totals");
    }

    private Task FinishAsync(OpenPayment payment, TransactionOutcome outcome, Evidence evidence, string what, CancellationToken cancellationToken) =>
        FinishAsync(payment, new PaymentResult(outcome, 0, evidence, what), cancellationToken);

    private async Task FinishAsync(OpenPayment payment, PaymentResult result, CancellationToken cancellationToken) =>
        capture.TellEnded(await capture.FinishAsync(payment, result, cancellationToken));

    private async Task LearnLastAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var repeated = await questions.LastAsync(lease, cancellationToken);
        var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
        if (repeated.Status is { } last)
        {
            await capture.NoteLastAsync(new LastKnown(0, 0, 0).Newer(StatusReader.ReadPayment(last.Fields, today)), cancellationToken);
        }
        else if (repeated.Kind == EcrOutcomeKind.Aborted)
        {
            await capture.NoteLastAsync(new LastKnown(0, 0, 0), cancellationToken);
        }
    }
}
