using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Commands that refer to an earlier record by its receipt number: reversal, tip, and everything about held money (reference 9, 14.6, 14.8).</summary>
internal sealed class FollowUpFlow(TerminalDevice device, PtDialogue till, PaymentFlow payments)
{
    /// <summary>06 30: a sale of the open batch is taken back once.</summary>
    public async ValueTask ReverseAsync(Reversal reversal, CancellationToken cancellationToken)
    {
        var original = SaleOf(reversal.ReceiptNumber);
        if (original is null || (reversal.Amount ?? original.Amount) != original.Amount)
        {
            await RefuseAsync(ResultCodes.ReversalNotPossible, "REVERSAL NOT POSSIBLE", cancellationToken);
        }
        else if (IsReversed(original))
        {
            await RefuseAsync(ResultCodes.AlreadyReversed, "ALREADY REVERSED", cancellationToken);
        }
        else
        {
            await payments.RunAsync(new PaymentRequest(BookingKind.Reversal, original.Amount, original), cancellationToken);
        }
    }

    /// <summary>06 0C: a tip is a record of its own on the card of the sale; it is not larger than the sale.</summary>
    public async ValueTask TipAsync(BookTip tip, CancellationToken cancellationToken)
    {
        if (SaleOf(tip.ReceiptNumber) is not { } sale || IsReversed(sale))
        {
            await RefuseAsync(ResultCodes.NotPossible, "TIP NOT POSSIBLE", cancellationToken);
        }
        else if (tip.Amount > sale.Amount)
        {
            await RefuseAsync(ResultCodes.AmountTooLarge, "TIP TOO LARGE", cancellationToken);
        }
        else
        {
            await payments.RunAsync(new PaymentRequest(BookingKind.Sale, tip.Amount!.Value, sale), cancellationToken);
        }
    }

    /// <summary>06 23: the unused part is given back and the rest is booked.</summary>
    public ValueTask ReduceAsync(PartialReversal command, CancellationToken cancellationToken) =>
        BookAsync(command, held => held.Amount - (command.Amount ?? 0), cancellationToken);

    /// <summary>06 24: the used part is booked and the rest is given back.</summary>
    public ValueTask BookAsync(BookTotal command, CancellationToken cancellationToken) =>
        BookAsync(command, held => command.Amount ?? held.Amount, cancellationToken);

    /// <summary>06 25: everything is given back.</summary>
    public async ValueTask ReleaseAsync(ReversePreAuthorisation command, CancellationToken cancellationToken)
    {
        if (HeldBy(command) is { } held && (command.Amount ?? held.Amount) == held.Amount)
        {
            await payments.RunAsync(new PaymentRequest(BookingKind.Release, held.Amount, held), cancellationToken);
        }
        else
        {
            await RefuseAsync(ResultCodes.PreAuthorisation, "PRE-AUTHORISATION NOT FOUND", cancellationToken);
        }
    }

    /// <summary>06 23 with 87 FF FF: the open pre-authorisations, in TLV 23 where the till understands TLV; otherwise the oldest (reference 10.3).</summary>
    public async ValueTask ListAsync(CancellationToken cancellationToken)
    {
        var held = device.Memory.Reservations;
        var abort = new Abort { ResultCode = ResultCodes.PreAuthorisation };
        if (held.IsEmpty)
        {
            abort = abort with { Fields = BmpSet.Empty.With(Bmp.ReceiptNumber, [0xFF, 0xFF], BmpOrder.Status) };
        }
        else if (held.Count > 1 && till.Registration.TlvAllowed)
        {
            var numbers = held.Select(static r => new TlvNode(TlvTags.ReceiptNumber, Bcd.Write(r.ReceiptNumber, 2)));
            abort = abort with { Tlv = TlvContainer.Empty.Add(TlvNode.Of(TlvTags.OpenPreAuthorisations, [.. numbers])) };
        }
        else
        {
            abort = abort with { ReceiptNumber = held[0].ReceiptNumber };
        }

        await till.AbortAsync(abort, cancellationToken);
    }

    private async ValueTask BookAsync(PaymentCommand command, Func<TerminalRecord, long> used, CancellationToken cancellationToken)
    {
        if (HeldBy(command) is not { } held)
        {
            await RefuseAsync(ResultCodes.PreAuthorisation, "PRE-AUTHORISATION NOT FOUND", cancellationToken);
            return;
        }

        var amount = used(held);
        if (amount <= 0 || amount > held.Amount)
        {
            await RefuseAsync(ResultCodes.PreAuthorisationAmount, "AMOUNT WRONG", cancellationToken);
            return;
        }

        await payments.RunAsync(new PaymentRequest(BookingKind.Sale, amount, held), cancellationToken);
    }

    private TerminalRecord? SaleOf(int? receipt) =>
        device.Memory.Batch.FindLast(r => r.Kind == BookingKind.Sale && r.ReceiptNumber == receipt);

    private TerminalRecord? HeldBy(PaymentCommand command) =>
        device.Memory.Reservations.FindLast(r => r.ReceiptNumber == command.ReceiptNumber);

    private bool IsReversed(TerminalRecord sale) =>
        device.Memory.Batch.Exists(r => r.Kind == BookingKind.Reversal && r.OriginalTraceNumber == sale.TraceNumber);

    private async ValueTask RefuseAsync(byte code, string text, CancellationToken cancellationToken)
    {
        var status = PtMessages.Failed(code, text, device.Memory, device.LocalTime);
        await till.SendAsync(status.ToApdu(), device.Timers.T3, cancellationToken);
        await till.AbortAsync(code, cancellationToken);
    }
}
