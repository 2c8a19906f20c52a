using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>A payment as the till asked for it, after all checks that need no customer.</summary>
internal sealed record PaymentRequest(
    BookingKind Kind, long Amount, byte? GoodsTimeout, byte? MaxStatusRepeats, TerminalRecord? Original = null);

/// <summary>
/// Sale, refund and reversal from the customer to the completion (reference 14.2 to 14.7). Each change of the memory is durable before the
/// next word is said: asked, provisional, final. What is not final after an interruption is taken back at the acquirer.
/// </summary>
internal sealed class PaymentFlow(TerminalDevice device, PtConversation till, HostContact host)
{
    private const byte InsertCard = 0x0A;
    private const byte WaitingForHost = 0x04;
    private const byte SendingReversal = 0x05;

    private TillAgreement Agreement => device.Memory.Till;

    public async ValueTask RunAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        await device.ReachAsync(PaymentStep.Accepted, cancellationToken);
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

        await device.ReachAsync(PaymentStep.BeforeHost, cancellationToken);
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

        if (device.Memory.PaperOut && !Agreement.TillPrintsReceipts)
        {
            return ResultCodes.PrinterNotReady;
        }

        return request.Original is null && GroupsFull() ? ResultCodes.TurnoverFull : null;
    }

    /// <summary>Any full group refuses, because the card is not known yet. A reversal needs room as well.</summary>
    private bool GroupsFull() => device.Memory.Batch
        .CountBy(static r => CardTable.Cards[r.CardIndex].Group)
        .Any(g => g.Value >= device.Options.GroupLimit - 1);

    private async ValueTask<bool> ReadCardAsync(PaymentRequest request, CancellationToken cancellationToken)
    {
        if (request.Original is not null)
        {
            return true;
        }

        device.Show(request.Kind == BookingKind.Refund ? ScreenText.Refund : ScreenText.InsertCard, $"EUR {Amounts.Text(request.Amount)}");
        await SayAsync(InsertCard, cancellationToken);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await till.WhileAsync(device.DelayAsync(device.Options.CustomerDelay, gone.Token), cancellationToken);
        await gone.CancelAsync();
        return !till.AbortRequested && !till.Lost;
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
        till.Abortable = false;
        device.Show(ScreenText.PleaseWait);
        await SayAsync(WaitingForHost, cancellationToken);
        if (device.Faults.TakeDecline() is { } code)
        {
            return new HostAnswer(HostOutcome.Declined, code, string.Empty);
        }

        var asking = host.AuthoriseAsync(
            new HostRequest(device.Memory.Tid, request.Kind, request.Amount, record.TraceNumber, record.ReceiptNumber, request.Original?.TraceNumber),
            cancellationToken).AsTask();
        await till.WhileAsync(asking, cancellationToken);
        return await asking;
    }

    private async ValueTask ApprovedAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        device.Update(m => m with { Provisional = record, AskedTraceNumber = null });
        await device.ReachAsync(PaymentStep.AfterHost, cancellationToken);
        device.Show(ScreenText.Approved, $"EUR {Amounts.Text(record.Amount)}");
        var final = await ConfirmAsync(request, record, cancellationToken);
        if (final is null)
        {
            await ReverseAsync(request, record, cancellationToken);
            return;
        }

        device.Update(m => m with { Batch = m.Batch.Add(final), LastBooked = final, Provisional = null });
        Tell(request, "approved", final.Amount, 0, final);
        await device.ReachAsync(PaymentStep.Final, cancellationToken);
        await PrintAsync(final, cancellationToken);

        // The payment is final, whatever becomes of the completion (reference 9.2).
        await till.AskAsync(PtMessages.Done, cancellationToken);
        await device.ReachAsync(PaymentStep.Completed, cancellationToken);
    }

    /// <summary>04 0F until the till says yes (the record that is final) or anything else (null).</summary>
    private async ValueTask<TerminalRecord?> ConfirmAsync(PaymentRequest request, TerminalRecord record, CancellationToken cancellationToken)
    {
        var within = request.GoodsTimeout is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : device.Timers.Goods;
        var started = device.Options.Time.GetTimestamp();
        for (var repeats = 0; ; repeats++)
        {
            device.ArmBeforeStatus();
            var sent = await till.SendAsync(PtMessages.Booked(record, device.Memory), cancellationToken);
            await device.ReachAsync(PaymentStep.StatusSent, cancellationToken);
            var answer = sent ? await till.AnswerAsync(within, cancellationToken) : TillAnswer.None;
            if (answer.IsPositive)
            {
                return record;
            }

            if (answer is { Kind: TillAnswerKind.Negative, Code: ResultCodes.PartialIssue })
            {
                return await PartialAsync(request, record, answer, cancellationToken);
            }

            var mayRepeat = answer is { Kind: TillAnswerKind.Negative, Code: ResultCodes.Busy }
                && repeats < (request.MaxStatusRepeats ?? byte.MaxValue)
                && device.Options.Time.GetElapsedTime(started) < within;
            if (!mayRepeat)
            {
                return null;
            }

            await device.DelayAsync(device.Timers.StatusRepeatPause, cancellationToken);
        }
    }

    /// <summary>84 9D: less was handed out; the acquirer books only that amount.</summary>
    private async ValueTask<TerminalRecord?> PartialAsync(
        PaymentRequest request, TerminalRecord record, TillAnswer answer, CancellationToken cancellationToken)
    {
        if (BmpCodec.Parse(answer.Data, 0).Value?.Number(Bmp.Amount) is not { } amount || amount <= 0 || amount > record.Amount)
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
        await host.ReverseProvisionalAsync(cancellationToken);
        Tell(request, "reversed", record.Amount, ResultCodes.Aborted, record);
        if (!till.Lost)
        {
            await SayAsync(SendingReversal, cancellationToken);
            await till.AskAsync(PtMessages.Aborted(ResultCodes.Aborted), cancellationToken);
        }
    }

    private async ValueTask FailAsync(
        PaymentRequest request, byte code, ScreenText text, bool withStatus, CancellationToken cancellationToken)
    {
        device.Show(text);
        Tell(request, "declined", request.Amount, code, null);
        if (withStatus)
        {
            await till.AskAsync(PtMessages.Failed(code, text.In(DisplayLanguage.English), device.Memory, device.LocalTime), cancellationToken);
        }

        await till.AskAsync(PtMessages.Aborted(code), cancellationToken);
    }

    private async ValueTask PrintAsync(TerminalRecord record, CancellationToken cancellationToken)
    {
        if (!Agreement.TillPrintsReceipts || !Agreement.ReadyMadeReceipts)
        {
            return;
        }

        foreach (var (customer, type) in new[] { (false, (byte)1), (true, (byte)2) })
        {
            foreach (var apdu in PtMessages.Receipt(Receipts.Payment(record, device.Memory, customer), Agreement.PrintBlocks, type))
            {
                if (!(await till.AskAsync(apdu, cancellationToken)).IsPositive)
                {
                    return;
                }
            }
        }
    }

    private async ValueTask SayAsync(byte intermediate, CancellationToken cancellationToken)
    {
        if (Agreement.IntermediateStatus)
        {
            await till.AskAsync(PtMessages.Intermediate(intermediate), cancellationToken);
        }
    }

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
