namespace Fleet.Zvt.Tests.Conversations;

/// <summary>A small terminal with one card: registers, sells, reverses, repeats, settles, shows its state.</summary>
public sealed class ShopTerminal : IPtHandler
{
    private readonly List<StatusInformation> _batch = [];
    private int _receipt;

    public IReadOnlyList<StatusInformation> Batch => _batch;

    public StatusInformation? Last { get; private set; }

    public async Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        await dialogue.AcceptAsync(cancellationToken);
        if (dialogue.HasEnded)
        {
            return;
        }

        switch (dialogue.Message)
        {
            case Registration:
                await dialogue.CompleteAsync(new Completion { Status = RegistrationStatus.None, TerminalId = 29001234, Currency = 978 }, cancellationToken);
                break;
            case StatusEnquiry enquiry:
                await dialogue.CompleteAsync(new StatusCompletion { Status = 0, SoftwareVersion = enquiry.WantsVersion ? "SHOP 1.0" : null }, cancellationToken);
                break;
            case Authorisation sale:
                await SellAsync(dialogue, sale, cancellationToken);
                break;
            case RepeatReceipt when Last is { } last:
                await dialogue.SendStatusAsync(last, cancellationToken);
                await dialogue.CompleteAsync(new Completion(), cancellationToken);
                break;
            case EndOfDay:
                await SettleAsync(dialogue, cancellationToken);
                break;
            default:
                await dialogue.AbortAsync(0x83, cancellationToken);
                break;
        }
    }

    private async Task SellAsync(PtDialogue dialogue, Authorisation sale, CancellationToken cancellationToken)
    {
        await dialogue.ShowAsync(new IntermediateStatus { Status = 0x0A, T4Minutes = 2, Texts = ["INSERT CARD"] }, cancellationToken);
        dialogue.AbortAllowed = false;
        await dialogue.ShowAsync(new IntermediateStatus { Status = 0x04 }, cancellationToken);
        var status = new StatusInformation
        {
            ResultCode = 0,
            Amount = sale.Amount,
            Currency = 978,
            TraceNumber = 41 + _receipt,
            ReceiptNumber = ++_receipt,
            TerminalId = 29001234,
            MaskedCardNumber = "671234******1230",
            CardType = CardType.Girocard,
            CardName = "girocard",
            PaymentType = 0x70,
        };
        var answer = await dialogue.SendStatusAsync(status, cancellationToken);
        if (!answer.KeepsPayment)
        {
            await dialogue.AbortAsync(0x6C, cancellationToken);
            return;
        }

        Last = status;
        _batch.Add(status);
        await dialogue.PrintAsync(PrintBlock.Of(ReceiptType.Customer, (PrintAttribute.Centred, "Kundenbeleg"), (default, "EUR")), cancellationToken);
        await dialogue.CompleteAsync(new Completion(), cancellationToken);
    }

    private async Task SettleAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        var sum = _batch.Sum(static s => s.Amount ?? 0);
        var totals = new BatchTotals { FirstReceipt = 1, LastReceipt = _receipt, Girocard = new GroupTotal(_batch.Count, sum) };
        await dialogue.SendStatusAsync(new StatusInformation { ResultCode = 0, Amount = sum, Totals = totals, Currency = 978 }, cancellationToken);
        _batch.Clear();
        await dialogue.CompleteAsync(new Completion(), cancellationToken);
    }
}
