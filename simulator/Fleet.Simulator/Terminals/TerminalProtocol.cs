using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// Serves a till: takes a command, answers it, runs its dialogue (reference sections 9 and 14). A locked terminal answers as section 16.2 says.
/// </summary>
internal sealed class TerminalProtocol(TerminalDevice device) : IPtHandler
{
    private static readonly HashSet<int> Known =
    [
        StatusEnquiry.MessageCode, Registration.MessageCode, Authorisation.MessageCode, LogOff.MessageCode, SendTotals.MessageCode,
        ResetTerminal.MessageCode, PrintSystemConfiguration.MessageCode, SetTerminalId.MessageCode, RepeatReceipt.MessageCode,
        PartialReversal.MessageCode, Reversal.MessageCode, Refund.MessageCode, EndOfDay.MessageCode, SendOfflineTransactions.MessageCode,
        Diagnosis.MessageCode, SelfTest.MessageCode, SetDateTime.MessageCode, Initialisation.MessageCode, AbortRequest.MessageCode,
        ReadCard.MessageCode, DisplayText.MessageCode, OptOutOfOrder.MessageCode, SelectLanguage.MessageCode, ChangeBaudRate.MessageCode,
    ];

    private readonly HostContact _host = new(device);

    /// <summary>Serves one line until it is gone or the power goes.</summary>
    public async Task RunAsync(IZvtLink link, CancellationToken power)
    {
        device.ShowIdle();
        var options = new PtSessionOptions { Timers = device.Timers, Knows = Known.Contains };
        var session = new PtSession(link, this, options, device.Options.Time) { Registration = device.Memory.Till };
        await _host.PayVoidsAsync(power);
        await session.RunAsync(power);
    }

    /// <inheritdoc/>
    public async Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        await device.Turn.WaitAsync(cancellationToken);
        try
        {
            if (device.Faults.TakeBusy())
            {
                await dialogue.RefuseAsync(ResultCodes.Busy, cancellationToken);
                return;
            }

            await ServeAsync(dialogue, cancellationToken);
            device.ShowIdle();
        }
        catch (OperationCanceledException) when (!device.Power.IsCancellationRequested)
        {
            // The till is gone in the middle: what is not final does not stand. Without power there is nobody left to do it; the next start does.
            await _host.TakeBackAsync(device.Power);
            device.ShowIdle();
        }
        finally
        {
            device.Turn.Release();
        }
    }

    private ValueTask ServeAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        var payments = new PaymentFlow(device, dialogue, _host);
        var settlement = new SettlementFlow(device, dialogue, _host);
        var administration = new AdministrationFlow(device, dialogue, _host);
        return dialogue.Message switch
        {
            Authorisation sale => PayAsync(dialogue, payments, BookingKind.Sale, sale, cancellationToken),
            Refund refund => PayAsync(dialogue, payments, BookingKind.Refund, refund, cancellationToken),
            Reversal reversal => AcceptedAsync(dialogue, t => ReverseAsync(dialogue, payments, reversal, t), cancellationToken),
            EndOfDay => AcceptedAsync(dialogue, settlement.EndOfDayAsync, cancellationToken),
            SendTotals => UnlockedAsync(dialogue, settlement.TotalsAsync, cancellationToken),
            StatusEnquiry enquiry => AcceptedAsync(dialogue, t => administration.StatusAsync(enquiry, t), cancellationToken),
            RepeatReceipt repeat => UnlockedAsync(dialogue, t => administration.RepeatAsync(repeat, t), cancellationToken),
            Diagnosis => AcceptedAsync(dialogue, administration.DiagnoseAsync, cancellationToken),
            Initialisation => AcceptedAsync(dialogue, administration.InitialiseAsync, cancellationToken),
            SetDateTime { Clock: { } clock } => UnlockedAsync(dialogue, t => administration.SetClockAsync(clock, t), cancellationToken),
            SetTerminalId set => AcceptedAsync(dialogue, t => administration.SetTerminalIdAsync(set.TerminalId, t), cancellationToken),
            ResetTerminal => AcceptedAsync(dialogue, administration.RestartAsync, cancellationToken),
            PartialReversal => UnlockedAsync(dialogue, administration.ListPreAuthorisationsAsync, cancellationToken),
            OptOutOfOrder => AcceptedAsync(dialogue, administration.TakeOutOfServiceAsync, cancellationToken),
            SelfTest or SendOfflineTransactions or PrintSystemConfiguration =>
                UnlockedAsync(dialogue, t => administration.ReportAsync(StateLines(), t), cancellationToken),
            Registration registration => RegisterAsync(dialogue, administration, registration, cancellationToken),
            LogOff => LogOffAsync(dialogue, cancellationToken),
            DisplayText text => DisplayAsync(dialogue, text, cancellationToken),
            AbortRequest => RespondAsync(dialogue, Apdu.Positive, cancellationToken),
            SelectLanguage => LanguageAsync(dialogue, cancellationToken),
            ChangeBaudRate => BaudRateAsync(dialogue, cancellationToken),

            // Card data has no business on this line (reference 17).
            ReadCard => RespondAsync(dialogue, Apdu.Negative(ResultCodes.ForbiddenByPci), cancellationToken),
            _ => RespondAsync(dialogue, Apdu.Negative(ResultCodes.ProtocolError), cancellationToken),
        };
    }

    private static async ValueTask RespondAsync(PtDialogue dialogue, Apdu response, CancellationToken cancellationToken) =>
        await dialogue.RespondAsync(response, cancellationToken);

    /// <summary>80 00 00, then the dialogue. A till that did not take the answer gets no dialogue: it believes nothing began.</summary>
    private static async ValueTask AcceptedAsync(
        PtDialogue dialogue, Func<CancellationToken, ValueTask> speak, CancellationToken cancellationToken)
    {
        if (await dialogue.AcceptAsync(cancellationToken) == ZvtSendResult.Sent)
        {
            await speak(cancellationToken);
        }
    }

    private ValueTask UnlockedAsync(PtDialogue dialogue, Func<CancellationToken, ValueTask> speak, CancellationToken cancellationToken) =>
        AcceptedAsync(
            dialogue,
            async token =>
            {
                if (device.Lock is TerminalLock.None or TerminalLock.EndOfDayRequired)
                {
                    await speak(token);
                }
                else
                {
                    await dialogue.AbortAsync((byte)device.Lock, token);
                }
            },
            cancellationToken);

    private ValueTask RegisterAsync(
        PtDialogue dialogue, AdministrationFlow administration, Registration registration, CancellationToken cancellationToken) =>
        registration.Currency is { } currency && currency != device.Memory.Currency
            ? RespondAsync(dialogue, Apdu.Negative(0x1E, new[] { ResultCodes.WrongCurrency }), cancellationToken)
            : AcceptedAsync(dialogue, t => administration.RegisterAsync(registration, t), cancellationToken);

    private ValueTask PayAsync(
        PtDialogue dialogue, PaymentFlow payments, BookingKind kind, PaymentCommand payment, CancellationToken cancellationToken)
    {
        if (payment.Amount is not { } amount || amount <= 0)
        {
            return RespondAsync(dialogue, Apdu.Negative(ResultCodes.ProtocolError), cancellationToken);
        }

        return payment.Currency is { } currency && currency != device.Memory.Currency
            ? AcceptedAsync(dialogue, t => WrongCurrencyAsync(dialogue, t), cancellationToken)
            : AcceptedAsync(dialogue, t => payments.RunAsync(new PaymentRequest(kind, amount), t), cancellationToken);
    }

    private async ValueTask WrongCurrencyAsync(PtDialogue dialogue, CancellationToken cancellationToken) =>
        await dialogue.AbortAsync(new Abort { ResultCode = ResultCodes.WrongCurrency, Currency = device.Memory.Currency }, cancellationToken);

    private async ValueTask ReverseAsync(PtDialogue dialogue, PaymentFlow payments, Reversal reversal, CancellationToken cancellationToken)
    {
        var batch = device.Memory.Batch;
        var original = batch.FindLast(r => r.Kind == BookingKind.Sale && r.ReceiptNumber == reversal.ReceiptNumber);
        if (device.Lock != TerminalLock.None)
        {
            await dialogue.AbortAsync((byte)device.Lock, cancellationToken);
        }
        else if (original is null || (reversal.Amount ?? original.Amount) != original.Amount)
        {
            await NotReversedAsync(dialogue, ResultCodes.ReversalNotPossible, cancellationToken);
        }
        else if (batch.Exists(r => r.Kind == BookingKind.Reversal && r.OriginalTraceNumber == original.TraceNumber))
        {
            await NotReversedAsync(dialogue, ResultCodes.AlreadyReversed, cancellationToken);
        }
        else
        {
            await payments.RunAsync(new PaymentRequest(BookingKind.Reversal, original.Amount, original), cancellationToken);
        }
    }

    private async ValueTask NotReversedAsync(PtDialogue dialogue, byte code, CancellationToken cancellationToken)
    {
        var status = PtMessages.Failed(code, "REVERSAL NOT POSSIBLE", device.Memory, device.LocalTime);
        await dialogue.SendAsync(status.ToApdu(), device.Timers.T3, cancellationToken);
        await dialogue.AbortAsync(code, cancellationToken);
    }

    private IEnumerable<string> StateLines() =>
        [$"Terminal {device.Memory.Tid}", $"Serial {device.Memory.SerialNumber}", $"Version {AdministrationFlow.SoftwareVersion}"];

    private ValueTask LogOffAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        device.Update(static m => m with { Till = PtRegistration.AfterLogOff });
        return RespondAsync(dialogue, Apdu.Positive, cancellationToken);
    }

    private ValueTask DisplayAsync(PtDialogue dialogue, DisplayText text, CancellationToken cancellationToken)
    {
        device.ShowLines(text.Lines);
        device.Tell("display", new { device.Memory.Tid, text.Lines });
        return RespondAsync(dialogue, Apdu.Positive, cancellationToken);
    }

    private ValueTask LanguageAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        const byte English = 0x01;
        var known = dialogue.Command.Data is { Length: 1, Span: [English] };
        if (known)
        {
            device.Update(static m => m with { Language = DisplayLanguage.English });
        }

        return RespondAsync(dialogue, known ? Apdu.Positive : Apdu.Negative(ResultCodes.NotPossible), cancellationToken);
    }

    /// <summary>A pseudo terminal takes any rate; only the numbers are checked.</summary>
    private static ValueTask BaudRateAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        var known = dialogue.Command.Data is { Length: 1, Span: [0x00 or 0x01 or 0x06 or 0x07] };
        return RespondAsync(dialogue, known ? Apdu.Positive : Apdu.Negative(ResultCodes.BadBaudRate), cancellationToken);
    }
}
