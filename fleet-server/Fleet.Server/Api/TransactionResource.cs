using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Transactions;
using BrandTotal = Fleet.V1.BrandTotal;
using Settlement = Fleet.V1.Settlement;
using Transaction = Fleet.V1.Transaction;

namespace Fleet.Server.Api;

/// <summary>Transactions and settlements as operators see them.</summary>
public static class TransactionResource
{
    /// <summary>The resource of a transaction.</summary>
    public static Transaction From(TransactionView view) => new()
    {
        Name = ResourceNames.OfTransaction(view.Terminal, view.Id),
        Kind = KindOf(view.Kind),
        Outcome = OutcomeOf(view.Outcome),
        Amount = MoneyResource.Money(view.Amount),
        Requested = MoneyResource.Money(view.Requested),
        TraceNumber = (uint)view.TraceNumber,
        ReceiptNumber = (uint)view.ReceiptNumber,
        Tid = view.Tid,
        ResultCode = (uint)view.ResultCode,
        CardType = (uint)view.CardType,
        CardName = view.CardName,
        MaskedPan = view.MaskedPan,
        ApprovalCode = view.ApprovalCode,
        TerminalLocalTime = view.TerminalLocalTime,
        AgentTime = MoneyResource.Time(view.AgentTime),
        IngestTime = MoneyResource.Time(view.IngestTime),
        Evidence = EvidenceOf(view.Evidence),
        EvidenceText = view.EvidenceText,
        Settlement = ResourceNames.OfSettlement(view.Terminal, view.SettlementId),
        Epoch = view.Epoch,
        Sequence = (ulong)view.Sequence,
    };

    /// <summary>The resource of a settlement.</summary>
    public static Settlement From(SettlementView view) => new()
    {
        Name = ResourceNames.OfSettlement(view.Terminal, view.Id),
        Command = ResourceNames.OfCommand(view.CommandId),
        Counters = MoneyResource.Four(view.Counters),
        State = StateOf(view.State),
        CreateTime = MoneyResource.Time(view.Created),
        Brands = { view.Brands.Select(static b => new BrandTotal { Brand = b.Brand, Count = (uint)b.Count, MinorUnits = b.MinorUnits }) },
        Tid = view.Tid,
        Difference = view.Difference,
        TraceNumber = (uint)view.TraceNumber,
    };

    private static Transaction.Types.Kind KindOf(PaymentKind kind) => kind switch
    {
        PaymentKind.Unspecified => Transaction.Types.Kind.Unspecified,
        PaymentKind.Sale => Transaction.Types.Kind.Sale,
        PaymentKind.Reversal => Transaction.Types.Kind.Reversal,
        PaymentKind.Refund => Transaction.Types.Kind.Refund,
        PaymentKind.PreAuthorisation => Transaction.Types.Kind.PreAuthorisation,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
    };

    private static Transaction.Types.Outcome OutcomeOf(LedgerOutcome outcome) => outcome switch
    {
        LedgerOutcome.Pending => Transaction.Types.Outcome.Pending,
        LedgerOutcome.Approved => Transaction.Types.Outcome.Approved,
        LedgerOutcome.Declined => Transaction.Types.Outcome.Declined,
        LedgerOutcome.Aborted => Transaction.Types.Outcome.Aborted,
        LedgerOutcome.Unknown => Transaction.Types.Outcome.Unknown,
        LedgerOutcome.AutoReversed => Transaction.Types.Outcome.AutoReversed,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no such outcome"),
    };

    private static Settlement.Types.State StateOf(SettlementState state) => state switch
    {
        SettlementState.Open => Settlement.Types.State.Open,
        SettlementState.Balanced => Settlement.Types.State.Balanced,
        SettlementState.Different => Settlement.Types.State.Different,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such state"),
    };

    private static string EvidenceOf(Contracts.Link.V1.Transaction.Types.Evidence evidence) => evidence switch
    {
        Contracts.Link.V1.Transaction.Types.Evidence.Unspecified => string.Empty,
        Contracts.Link.V1.Transaction.Types.Evidence.Dialogue => "DIALOGUE",
        Contracts.Link.V1.Transaction.Types.Evidence.RepeatReceipt => "REPEAT_RECEIPT",
        Contracts.Link.V1.Transaction.Types.Evidence.Totals => "TOTALS",
        Contracts.Link.V1.Transaction.Types.Evidence.NotSent => "NOT_SENT",
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "no such evidence"),
    };
}
