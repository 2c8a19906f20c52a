using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>A payment as the till asked for it.</summary>
/// <param name="Kind">What it will be.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Original">The record it refers to; its card is not asked for again.</param>
/// <param name="VoiceApproval">Approval that the merchant got by telephone (06 21).</param>
/// <param name="TipAllowed">The customer may add a tip (bit 08 of BMP 19).</param>
internal sealed record PaymentRequest(
    BookingKind Kind, long Amount, TerminalRecord? Original = null, string? VoiceApproval = null, bool TipAllowed = false);

/// <summary>
/// Everything that moves money from the customer to the completion (reference 14.2 to 14.7). Each change of the memory is durable before the
/// next word is said: asked, provisional, final. What is not final when the dialogue breaks off is taken back at the acquirer.
/// </summary>
internal sealed class PaymentFlow(TerminalDevice device, PtDialogue till, HostContact host)
{
    private const byte WaitingForHost = 0x04;
    private const byte SendingReversal = 0x05;
    private const byte Referral = 0x02;

    public async ValueTask RunAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        await device.ReachAsync(PaymentStep.Accepted);
        if (Refusal(request) is { } refused)
        {
            await FailAsync(request, refused, ScreenText.NotPossible, withStatus: false, cancellationToken);
            return;
        }

        if (await new Customer(device, till).PayAsync(request, cancellationToken) is not { } customer)
        {
            await FailAsync(request, ResultCodes.Aborted, ScreenText.Cancelled, withStatus: false, cancellationToken);
            return;
        }

        request = request with { Amount = customer.Amount };
        await device.ReachAsync(PaymentStep.BeforeHost);
        var record = Number(request, customer.CardIndex);
        var answer = await AskHostAsync(request, record, cancellationToken);
        switch (answer.Outcome)
        {
            case HostOutcome.Approved:
                await ApprovedAsync(request, record with { ApprovalCode = answer.ApprovalCode }, cancellationToken);
                break;
            case HostOutcome.Declined:
                device.Update(static m => m with { AskedTraceNumber = null });
                var text = answer.ResponseCode == Referral ? ScreenText.CallBank : ScreenText.Declined;
                await FailAsync(request, answer.ResponseCode, text, withStatus: true, cancellationToken);
                break;
            case HostOutcome.Unreachable:
                await FailAsync(request, ResultCodes.NoConnection, ScreenText.NoConnection, withStatus: false, cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"{answer.Outcome}");
        }
    }

    private byte? Refusal(PaymentRequest request)
    {
        if (device.Memory.PaperOut && !till.Registration.Config.HasFlag(ConfigByte.EcrPrintsPayments))
        {
            return ResultCodes.PrinterNotReady;
        }

        return request.Original is null && AnyGroupFull() ? ResultCodes.TurnoverFull : null;
    }

    /// <summary>Any full group refuses, because the card is not known yet. A reversal keeps the last place.</summary>
    private bool AnyGroupFull() => device.Memory.Batch
        .CountBy(static r => CardTable.Cards[r.CardIndex].Group)
        .Any(g => g.Value >= device.Options.GroupLimit - 1);

    /// <summary>Numbers are used up as soon as the acquirer may have seen them.</summary>
    private TerminalRecord Number(PaymentRequest request, int cardIndex)
    {
        var repeat = device.Faults.TakeDuplicateTrace();
        var memory = device.Update(m => m with
        {
            TraceNumber = repeat ? m.TraceNumber : Next(m.TraceNumber, 999_999),
            ReceiptNumber = Next(m.ReceiptNumber, 9_999),
            TurnoverNumber = Next(m.TurnoverNumber, 999_999),
        });
        return new TerminalRecord(
            request.Kind,
            request.Amount,
            memory.TraceNumber,
            memory.ReceiptNumber,
            memory.TurnoverNumber,
            device.LocalTime,
            cardIndex,
            string.Empty,
            request.Original?.TraceNumber);
    }

    private static int Next(int number, int last) => number >= last ? 1 : number + 1;

    private async ValueTask<HostAnswer> AskHostAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        till.AbortAllowed = false;
        device.Show(ScreenText.PleaseWait);
        await SayAsync(WaitingForHost, cancellationToken);
        if (device.Faults.TakeDecline() is { } code)
        {
            return new HostAnswer(HostOutcome.Declined, code, string.Empty);
        }

        return await host.AuthoriseAsync(Question(request, record), cancellationToken);
    }

    private HostRequest Question(PaymentRequest request, TerminalRecord record) => new(
        device.Memory.Tid, record.Kind, record.Amount, record.TraceNumber, record.ReceiptNumber, record.OriginalTraceNumber, request.VoiceApproval);

    private async ValueTask ApprovedAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        device.Update(m => m with { Provisional = record, AskedTraceNumber = null });
        await device.ReachAsync(PaymentStep.AfterHost);
        device.Show(ScreenText.Approved, $"EUR {Amounts.Text(record.Amount)}");
        var answer = await device.SendStatusAsync(till, PtMessages.Booked(record, device.Memory), cancellationToken);
        var final = answer.Kind switch
        {
            StatusAnswerKind.Accepted => record,
            StatusAnswerKind.Partial => await SmallerAsync(request, record, answer.Amount!.Value, cancellationToken),
            StatusAnswerKind.NotIssued or StatusAnswerKind.RepeatsExhausted or StatusAnswerKind.NoAnswer => null,
            _ => throw new InvalidOperationException($"{answer.Kind}"),
        };
        var printsDecide = device.Profile.Reversal == AutoReversal.StatusAndPrint;
        if (final is null || (printsDecide && !await PrintAsync(final, cancellationToken)))
        {
            await ReverseAsync(request, record, cancellationToken);
            return;
        }

        device.Update(m => m.Booked(final));
        Tell(request, "approved", final.Amount, 0, final);
        await device.ReachAsync(PaymentStep.Final);
        if (!printsDecide)
        {
            await PrintAsync(final, cancellationToken);
        }

        // The payment is final, whatever becomes of the completion (reference 9.2).
        await till.CompleteAsync(new Completion(), cancellationToken);
        await device.ReachAsync(PaymentStep.Completed);
    }

    /// <summary>84 9D: less was handed out; the acquirer books only that amount.</summary>
    private async ValueTask<TerminalRecord?> SmallerAsync(
        PaymentRequest request, TerminalRecord record, long amount, CancellationToken cancellationToken)
    {
        if (amount <= 0 || amount > record.Amount)
        {
            return null;
        }

        var smaller = record with { Amount = amount };
        var booked = await device.Host.VoidAsync(device.Memory.Tid, record.TraceNumber, cancellationToken)
            && (await device.Host.AuthoriseAsync(Question(request, smaller), cancellationToken)).Outcome == HostOutcome.Approved;
        return booked ? smaller : null;
    }

    private async ValueTask ReverseAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        device.Show(ScreenText.Reversed, $"EUR {Amounts.Text(record.Amount)}");
        Tell(request, "reversed", record.Amount, ResultCodes.Aborted, record);
        await host.TakeBackAsync(device.Power);
        if (device.Profile.Reversal != AutoReversal.SetToDeclined)
        {
            await SayAsync(SendingReversal, cancellationToken);
        }

        await till.AbortAsync(ResultCodes.Aborted, cancellationToken);
    }

    private async ValueTask FailAsync(
        PaymentRequest request, byte code, ScreenText text, bool withStatus, CancellationToken cancellationToken)
    {
        device.Show(text);
        Tell(request, "declined", request.Amount, code, null);
        if (withStatus)
        {
            var status = PtMessages.Failed(code, text.In(DisplayLanguage.English), device.Memory, device.LocalTime);
            await till.SendAsync(status.ToApdu(), device.Timers.T3, cancellationToken);
        }

        await till.AbortAsync(code, cancellationToken);
    }

    /// <summary>Receipts on the till's printer, where it wants them ready-made. False: it did not take one of them.</summary>
    private async ValueTask<bool> PrintAsync(TerminalRecord record, CancellationToken cancellationToken)
    {
        if (!till.Registration.Config.HasFlag(ConfigByte.EcrPrintsPayments | ConfigByte.ReadyMadeReceipts))
        {
            return true;
        }

        var charset = till.Registration.Charset;
        foreach (var type in (ReceiptType[])[ReceiptType.Merchant, ReceiptType.Customer])
        {
            var lines = Receipts.Payment(record, device.Memory, customer: type == ReceiptType.Customer);
            if (await till.PrintAsync(PtMessages.Receipt(lines, type, charset), cancellationToken) is not { IsPositive: true })
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask SayAsync(byte intermediate, CancellationToken cancellationToken) =>
        await till.ShowAsync(new IntermediateStatus { Status = intermediate }, cancellationToken);

    private void Tell(PaymentRequest request, string outcome, long amount, byte code, TerminalRecord? record) =>
        device.Tell("payment", new
        {
            device.Memory.Tid,
            request.Kind,
            outcome,
            amount,
            resultCode = $"{code:X2}",
            record?.TraceNumber,
            record?.ReceiptNumber,
            card = record is null ? null : CardTable.Cards[record.CardIndex].Name,
        });
}
