using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>Journal bodies of payments.</summary>
public static class TransactionEntries
{
    /// <summary>Body of an intent.</summary>
    public static PaymentIntent IntentOf(OpenPayment payment) => new()
    {
        TransactionId = payment.TransactionId,
        Kind = payment.Request.Kind,
        Requested = Requested(payment.Request),
        OriginalReceiptNumber = payment.Request.OriginalReceiptNumber,
        LastKnownTraceNumber = payment.Before.TraceNumber,
        LastKnownReceiptNumber = payment.Before.ReceiptNumber,
    };

    /// <summary>Body of an outcome. The terminal's amount wins over the requested one.</summary>
    public static Transaction Of(OpenPayment payment, PaymentResult result)
    {
        var status = result.Status ?? payment.Status ?? new CapturedStatus();
        return new Transaction
        {
            TransactionId = payment.TransactionId,
            Kind = payment.Request.Kind,
            Outcome = result.Outcome,
            Amount = status.AmountMinor is { } amount
                ? new Money { MinorUnits = amount, Currency = status.Currency ?? payment.Request.Currency }
                : Requested(payment.Request) ?? new Money { Currency = payment.Request.Currency },
            Requested = Requested(payment.Request),
            TraceNumber = status.TraceNumber,
            ReceiptNumber = status.ReceiptNumber,
            OriginalTraceNumber = status.OriginalTraceNumber,
            Tid = status.Tid,
            ResultCode = result.ResultCode,
            CardType = status.CardType,
            CardName = status.CardName,
            MaskedPan = status.MaskedPan,
            ApprovalCode = status.ApprovalCode,
            TerminalLocalTime = status.LocalTime,
            Evidence = result.Evidence,
            EvidenceText = result.EvidenceText,
        };
    }

    private static Money? Requested(PaymentRequest request) =>
        request.AmountMinor is { } amount ? new Money { MinorUnits = amount, Currency = request.Currency } : null;
}
