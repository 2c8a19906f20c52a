using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>What the customer did: which card, and how much with the tip.</summary>
internal sealed record CustomerAct(int CardIndex, long Amount);

/// <summary>The person in front of the terminal: adds a tip, presents a card or scans a code, or cancels.</summary>
internal sealed class Customer(TerminalDevice device, PtDialogue till)
{
    private const byte InsertCard = 0x0A;
    private const byte PleaseWait = 0x0E;
    private const byte SeeText = 0xFF;

    /// <summary>Null: cancelled, by the customer or by the till, before a card was presented.</summary>
    public async ValueTask<CustomerAct?> PayAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        if (request.Original is { } original)
        {
            return new CustomerAct(original.CardIndex, request.Amount);
        }

        var amount = request.Amount + (request.TipAllowed ? device.Faults.TakeTip() : 0);
        device.Show(Invitation(request.Kind), $"EUR {Amounts.Text(amount)}", amount == request.Amount ? null : $"TIP {Amounts.Text(amount - request.Amount)}");
        await till.ShowAsync(new IntermediateStatus { Status = InsertCard }, cancellationToken);
        if (device.Faults.TakeCancel() || !await WaitAsync(cancellationToken))
        {
            return null;
        }

        var card = device.Cards.Read();
        if (CardTable.Cards[card].Technology == CardTechnology.QrCode && !await ScanAsync(amount, cancellationToken))
        {
            return null;
        }

        till.AbortAllowed = false;
        return till.AbortRequested.IsCancellationRequested ? null : new CustomerAct(card, amount);
    }

    private static ScreenText Invitation(BookingKind kind) => kind switch
    {
        BookingKind.Refund => ScreenText.Refund,
        BookingKind.Reservation => ScreenText.Reservation,
        _ => ScreenText.InsertCard,
    };

    /// <summary>A wallet: the terminal shows a code, the customer scans it. The till hears of it in words where it understands TLV.</summary>
    private async ValueTask<bool> ScanAsync(long amount, CancellationToken cancellationToken)
    {
        device.Show(ScreenText.ScanCode, "▄▀▄ ▀▄▀", $"EUR {Amounts.Text(amount)}");
        var words = till.Registration.TlvAllowed
            ? new IntermediateStatus { Status = SeeText, T4Minutes = 0, Texts = [ScreenText.ScanCode.In(DisplayLanguage.English)] }
            : new IntermediateStatus { Status = PleaseWait };
        await till.ShowAsync(words, cancellationToken);
        return await WaitAsync(cancellationToken);
    }

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, till.AbortRequested);
        try
        {
            await device.DelayAsync(device.Options.CustomerDelay, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
