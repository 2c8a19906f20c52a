using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// Serves a till: takes a command or refuses it (<see cref="CommandRules"/>), answers it, runs its dialogue (reference sections 9 and 14).
/// </summary>
internal sealed class TerminalProtocol(TerminalDevice device) : IPtHandler
{
    private readonly HostContact _host = new(device);

    /// <summary>Serves one line until it is gone or the power goes.</summary>
    public async Task RunAsync(IZvtLink link, CancellationToken power)
    {
        device.ShowIdle();
        var options = new PtSessionOptions { Timers = device.Timers };
        await using var numbered = new MessageIdLink(link, device.Options.Time);
        var session = new PtSession(numbered, this, options, device.Options.Time) { Registration = device.Memory.Till };
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

            dialogue.AbortAllowed = device.Profile.AbortDuringPayment;
            if (CommandRules.Judge(device, dialogue) is { } refusal)
            {
                await RefuseAsync(dialogue, refusal, cancellationToken);
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

    private async ValueTask RefuseAsync(PtDialogue dialogue, CommandRefusal refusal, CancellationToken cancellationToken)
    {
        device.Tell("refused", new { device.Memory.Tid, command = CommandTable.NameOf(dialogue.Command.Code), code = $"{refusal.Code:X2}", refusal.Reason });
        if (refusal.Accepted)
        {
            await AcceptedAsync(dialogue, async t => await dialogue.AbortAsync(refusal.Code, t), cancellationToken);
        }
        else
        {
            await dialogue.RefuseAsync(refusal.Code, cancellationToken);
        }
    }

    private ValueTask ServeAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        var payments = new PaymentFlow(device, dialogue, _host);
        var followUps = new FollowUpFlow(device, dialogue, payments);
        var settlement = new SettlementFlow(device, dialogue, _host);
        var administration = new AdministrationFlow(device, dialogue);
        var maintenance = new MaintenanceFlow(device, dialogue, _host);
        return dialogue.Message switch
        {
            Authorisation or CardPollWithAuthorisation or Procurement => PayAsync(dialogue, payments, BookingKind.Sale, cancellationToken),
            PreAuthorisation => PayAsync(dialogue, payments, BookingKind.Reservation, cancellationToken),
            Refund => PayAsync(dialogue, payments, BookingKind.Refund, cancellationToken),
            TelephonicAuthorisation { ApprovalCode: null } => RespondAsync(dialogue, Apdu.Negative(ResultCodes.ProtocolError), cancellationToken),
            TelephonicAuthorisation => PayAsync(dialogue, payments, BookingKind.Sale, cancellationToken),
            BookTip { Amount: null or <= 0 } => RespondAsync(dialogue, Apdu.Negative(ResultCodes.ProtocolError), cancellationToken),
            BookTip tip => AcceptedAsync(dialogue, t => followUps.TipAsync(tip, t), cancellationToken),
            Reversal reversal => AcceptedAsync(dialogue, t => followUps.ReverseAsync(reversal, t), cancellationToken),
            PartialReversal { ListsOpen: true } => AcceptedAsync(dialogue, followUps.ListAsync, cancellationToken),
            PartialReversal partial => AcceptedAsync(dialogue, t => followUps.ReduceAsync(partial, t), cancellationToken),
            BookTotal total => AcceptedAsync(dialogue, t => followUps.BookAsync(total, t), cancellationToken),
            ReversePreAuthorisation release => AcceptedAsync(dialogue, t => followUps.ReleaseAsync(release, t), cancellationToken),
            EndOfDay => AcceptedAsync(dialogue, settlement.EndOfDayAsync, cancellationToken),
            SendTotals => AcceptedAsync(dialogue, settlement.TotalsAsync, cancellationToken),
            StatusEnquiry enquiry => AcceptedAsync(dialogue, t => administration.StatusAsync(enquiry, t), cancellationToken),
            RepeatReceipt repeat => AcceptedAsync(dialogue, t => administration.RepeatAsync(repeat, t), cancellationToken),
            ReprintReceipts reprint => AcceptedAsync(dialogue, t => administration.ReprintAsync(reprint, t), cancellationToken),
            Registration registration => RegisterAsync(dialogue, administration, registration, cancellationToken),
            ChangePassword change => AcceptedAsync(dialogue, t => administration.ChangePasswordAsync(change, t), cancellationToken),
            SetDateTime { Clock: { } clock } => AcceptedAsync(dialogue, t => administration.SetClockAsync(clock, t), cancellationToken),
            SetTerminalId set => AcceptedAsync(dialogue, t => administration.SetTerminalIdAsync(set.TerminalId, t), cancellationToken),
            ResetTerminal => AcceptedAsync(dialogue, administration.RestartAsync, cancellationToken),
            SelectLanguage select => AcceptedAsync(dialogue, t => administration.SelectLanguageAsync(select.Language, t), cancellationToken),
            ChangeConfiguration change => AcceptedAsync(dialogue, t => maintenance.ConfigureAsync(change, t), cancellationToken),
            _ when maintenance.Find(dialogue.Message) is { } act => AcceptedAsync(dialogue, act, cancellationToken),
            LogOff => LogOffAsync(dialogue, cancellationToken),
            _ => RespondAsync(dialogue, new AtOnce(device, dialogue).Answer(), cancellationToken),
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

    private ValueTask RegisterAsync(
        PtDialogue dialogue, AdministrationFlow administration, Registration registration, CancellationToken cancellationToken) =>
        device.Profile.ChecksCurrency && registration.Currency is { } currency && currency != device.Memory.Currency
            ? RespondAsync(dialogue, Apdu.Negative(0x1E, new[] { ResultCodes.WrongCurrency }), cancellationToken)
            : AcceptedAsync(dialogue, t => administration.RegisterAsync(registration, t), cancellationToken);

    private ValueTask PayAsync(PtDialogue dialogue, PaymentFlow payments, BookingKind kind, CancellationToken cancellationToken)
    {
        const byte TipAllowed = 0x08;
        var payment = (PaymentCommand)dialogue.Message;
        if (payment.Amount is not { } amount || amount <= 0)
        {
            return RespondAsync(dialogue, Apdu.Negative(ResultCodes.ProtocolError), cancellationToken);
        }

        if (payment.Currency is { } currency && currency != device.Memory.Currency)
        {
            return AcceptedAsync(dialogue, t => WrongCurrencyAsync(dialogue, t), cancellationToken);
        }

        var request = new PaymentRequest(
            kind,
            amount,
            VoiceApproval: (payment as TelephonicAuthorisation)?.ApprovalCode,
            TipAllowed: kind == BookingKind.Sale && ((payment.PaymentType ?? 0) & TipAllowed) != 0);
        return AcceptedAsync(dialogue, t => payments.RunAsync(request, t), cancellationToken);
    }

    private async ValueTask WrongCurrencyAsync(PtDialogue dialogue, CancellationToken cancellationToken) =>
        await dialogue.AbortAsync(new Abort { ResultCode = ResultCodes.WrongCurrency, Currency = device.Memory.Currency }, cancellationToken);

    private ValueTask LogOffAsync(PtDialogue dialogue, CancellationToken cancellationToken)
    {
        device.Update(m => m with { Till = PtRegistration.AfterLogOff with { Config = device.Profile.AfterLogOff } });
        return RespondAsync(dialogue, Apdu.Positive, cancellationToken);
    }
}
