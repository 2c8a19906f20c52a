using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>What a terminal's last transaction says about a payment of this journal.</summary>
public static class RecoveryRule
{
    /// <summary>Judges.</summary>
    public static RecoveryVerdict Judge(OpenPayment payment, RepeatedReceipt repeated, TimeZoneInfo shop)
    {
        var before = payment.Before;
        if (repeated.Status is null && before.IsBlank && repeated.Kind == EcrOutcomeKind.Aborted)
        {
            // It had no receipt before the payment and has none now.
            return RecoveryVerdict.NotBooked;
        }

        var status = repeated.Status;
        var amount = payment.Request.AmountMinor;
        if (payment.Request.Kind == Contracts.Link.V1.PaymentKind.Reversal && status is not null)
        {
            // A reversal that was asked for names its original, as an automatic one does; and the till need not name the amount.
            amount ??= status.Amount;
            status = status with { OriginalTraceNumber = null };
        }

        if (amount is null)
        {
            return RecoveryVerdict.CannotTell;
        }

        var started = TimeZoneInfo.ConvertTime(DateTimeOffset.UnixEpoch.AddTicks(payment.StartedUnixMicros * TimeSpan.TicksPerMicrosecond), shop);
        var known = before.IsKnown
            ? new Zvt.LastKnown(Comparable(before, before.TraceNumber), (int?)Comparable(before, before.ReceiptNumber), (int?)Comparable(before, before.TurnoverNumber))
            : null;
        return Recovery.Judge(new LostIntent(amount.Value, null, started.DateTime, known), status);
    }

    // A number that the terminal never told cannot be compared; that of a terminal without any receipt can.
    private static uint? Comparable(LastKnown last, uint number) => number == 0 && !last.IsBlank ? null : number;
}
