using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>A payment as the till asked for it.</summary>
internal sealed record PaymentRequest(BookingKind Kind, long Amount, TerminalRecord? Original = null);

/// <summary>
/// Sale, refund and reversal from the customer to the completion (reference 14.2 to 14.7). Each change of the memory is durable before the
/// next word is said: asked, provisional, final. What is not final when the dialogue breaks off is taken back at the acquirer.
/// </summary>
internal sealed class PaymentFlow(TerminalDevice device, PtDialogue till, HostContact host)
{
    private const byte InsertCard = 0x0A;
    private const byte WaitingForHost = 0x04;
    private const byte SendingReversal = 0x05;

    public async ValueTask RunAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        await device.ReachAsync(PaymentStep.Accepted);
        if (Refusal(request) is { } refused)
        {
            await FailAsync(request, refused, ScreenText.NotPossible, withStatus: false, cancellationToken);
            return;
        }

        if (!await ReadCardAsync(request, cancellationToken))
        {
            await FailAsync(request, ResultCodes.Aborted, ScreenText.Cancelled, withStatus: false, cancellationToken);
            return;
        }

        await device.ReachAsync(PaymentStep.BeforeHost);
        var record = Number(request);
        var answer = await AskHostAsync(request, record, cancellationToken);
        switch (answer.Outcome)
        {
            case HostOutcome.Approved:
                await ApprovedAsync(request, record with { ApprovalCode = answer.ApprovalCode }, cancellationToken);
                break;
            case HostOutcome.Declined:
                device.Update(static m => m with { AskedTraceNumber = null });
                await FailAsync(request, answer.ResponseCode, ScreenText.Declined, withStatus: true, cancellationToken);
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
        if (device.Lock != TerminalLock.None)
        {
            return (byte)device.Lock;
        }

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

    /// <summary>False: the till cancelled before a card was presented.</summary>
    private async ValueTask<bool> ReadCardAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        if (request.Original is not null)
        {
            return true;
        }

        device.Show(request.Kind == BookingKind.Refund ? ScreenText.Refund : ScreenText.InsertCard, $"EUR {Amounts.Text(request.Amount)}");
        await SayAsync(InsertCard, cancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, till.AbortRequested);
        try
        {
            await device.DelayAsync(device.Options.CustomerDelay, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        till.AbortAllowed = false;
        return !till.AbortRequested.IsCancellationRequested;
    }

    /// <summary>Numbers are used up as soon as the acquirer may have seen them.</summary>
    private TerminalRecord Number(PaymentRequest request)
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
            request.Original?.CardIndex ?? device.Cards.Read(),
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

        return await host.AuthoriseAsync(
            new HostRequest(device.Memory.Tid, request.Kind, request.Amount, record.TraceNumber, record.ReceiptNumber, request.Original?.TraceNumber),
            cancellationToken);
    }

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
        if (final is null)
        {
            await ReverseAsync(request, record, cancellationToken);
            return;
        }

        device.Update(m => m with { Batch = m.Batch.Add(final), LastBooked = final, Provisional = null });
        Tell(request, "approved", final.Amount, 0, final);
        await device.ReachAsync(PaymentStep.Final);
        await PrintAsync(final, cancellationToken);

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

        var smaller = new HostRequest(device.Memory.Tid, request.Kind, amount, record.TraceNumber, record.ReceiptNumber);
        var booked = await device.Host.VoidAsync(device.Memory.Tid, record.TraceNumber, cancellationToken)
            && (await device.Host.AuthoriseAsync(smaller, cancellationToken)).Outcome == HostOutcome.Approved;
        return booked ? record with { Amount = amount } : null;
    }

    private async ValueTask ReverseAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        device.Show(ScreenText.Reversed, $"EUR {Amounts.Text(record.Amount)}");
        Tell(request, "reversed", record.Amount, ResultCodes.Aborted, record);
        await host.TakeBackAsync(device.Power);
        await SayAsync(SendingReversal, cancellationToken);
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

    private async ValueTask PrintAsync(TerminalRecord record, CancellationToken cancellationToken)
    {
        if (!till.Registration.Config.HasFlag(ConfigByte.EcrPrintsPayments | ConfigByte.ReadyMadeReceipts))
        {
            return;
        }

        await till.PrintAsync(PtMessages.Receipt(Receipts.Payment(record, device.Memory, customer: false), ReceiptType.Merchant), cancellationToken);
        await till.PrintAsync(PtMessages.Receipt(Receipts.Payment(record, device.Memory, customer: true), ReceiptType.Customer), cancellationToken);
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
