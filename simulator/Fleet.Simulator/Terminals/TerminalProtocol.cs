using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// Serves a till on one line: takes a command, answers it, runs its dialogue (reference sections 9 and 14). A locked terminal answers as
/// section 16.2 says.
/// </summary>
internal sealed class TerminalProtocol
{
    private readonly TerminalDevice _device;
    private readonly IZvtLink _link;
    private readonly PtConversation _till;
    private readonly HostContact _host;
    private readonly PaymentFlow _payments;
    private readonly SettlementFlow _settlement;
    private readonly AdministrationFlow _administration;

    public TerminalProtocol(TerminalDevice device, IZvtLink link)
    {
        _device = device;
        _link = link;
        _till = new PtConversation(link, device.Timers);
        _host = new HostContact(device);
        _payments = new PaymentFlow(device, _till, _host);
        _settlement = new SettlementFlow(device, _till, _host);
        _administration = new AdministrationFlow(device, _till, _host);
    }

    /// <summary>Serves until the line is gone or the power goes.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _host.PayVoidsAsync(cancellationToken);
        _device.ShowIdle();
        while (!_till.Lost)
        {
            var received = await _link.ReceiveAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            if (received.Kind == ZvtReceiveKind.Closed)
            {
                return;
            }

            if (received.HasApdu && !received.Apdu.IsResponse)
            {
                _till.Begin();
                await ServeAsync(received.Apdu, cancellationToken);
                _device.ShowIdle();
            }
        }
    }

    private ValueTask ServeAsync(Apdu command, CancellationToken cancellationToken)
    {
        if (_device.Faults.TakeBusy())
        {
            return RefuseAsync(ResultCodes.Busy, cancellationToken);
        }

        return command.Code switch
        {
            Registration.MessageCode => RegisterAsync(command, cancellationToken),
            Authorisation.MessageCode => PayAsync(BookingKind.Sale, Authorisation.Parse(command), cancellationToken),
            Refund.MessageCode => PayAsync(BookingKind.Refund, Refund.Parse(command), cancellationToken),
            Reversal.MessageCode => ReverseAsync(Reversal.Parse(command), cancellationToken),
            EndOfDay.MessageCode => RunAsync(EndOfDay.Parse(command), _ => _settlement.EndOfDayAsync(cancellationToken), cancellationToken),
            SendTotals.MessageCode => RunAsync(SendTotals.Parse(command), _ => UnlessLockedAsync(_settlement.TotalsAsync, cancellationToken), cancellationToken),
            StatusEnquiry.MessageCode => RunAsync(StatusEnquiry.Parse(command), e => _administration.StatusAsync(e, cancellationToken), cancellationToken),
            RepeatReceipt.MessageCode => RunAsync(
                RepeatReceipt.Parse(command), r => UnlessLockedAsync(t => _administration.RepeatAsync(r, t), cancellationToken), cancellationToken),
            Diagnosis.MessageCode => RunAsync(Diagnosis.Parse(command), _ => _administration.DiagnoseAsync(cancellationToken), cancellationToken),
            Initialisation.MessageCode => RunAsync(Initialisation.Parse(command), _ => _administration.InitialiseAsync(cancellationToken), cancellationToken),
            SetDateTime.MessageCode => SetClockAsync(SetDateTime.Parse(command), cancellationToken),
            SetTerminalId.MessageCode => RunAsync(
                SetTerminalId.Parse(command), s => _administration.SetTerminalIdAsync(s.TerminalId, cancellationToken), cancellationToken),
            ResetTerminal.MessageCode => RunAsync(ResetTerminal.Parse(command), _ => _administration.RestartAsync(cancellationToken), cancellationToken),
            PartialReversal.MessageCode => PreAuthorisationsAsync(PartialReversal.Parse(command), cancellationToken),
            0x0824 => AcceptedAsync(_administration.TakeOutOfServiceAsync, cancellationToken),
            SelfTest.MessageCode or SendOfflineTransactions.MessageCode or PrintSystemConfiguration.MessageCode =>
                AcceptedAsync(t => UnlessLockedAsync(ReportStateAsync, t), cancellationToken),
            LogOff.MessageCode => LogOffAsync(cancellationToken),
            Zvt.DisplayText.MessageCode => DisplayAsync(Zvt.DisplayText.Parse(command), cancellationToken),
            AbortRequest.MessageCode => AnswerAsync(Apdu.Positive, cancellationToken),
            0x0830 => LanguageAsync(command, cancellationToken),
            0x0840 => BaudRateAsync(command, cancellationToken),

            // Card data has no business on this line (reference 17).
            ReadCard.MessageCode => RefuseAsync(ResultCodes.ForbiddenByPci, cancellationToken),
            _ => RefuseAsync(ResultCodes.NotPossible, cancellationToken),
        };
    }

    private async ValueTask AnswerAsync(Apdu response, CancellationToken cancellationToken) =>
        await _till.RespondAsync(response, cancellationToken);

    private ValueTask RefuseAsync(byte code, CancellationToken cancellationToken) => AnswerAsync(Apdu.Negative(code), cancellationToken);

    /// <summary>80 00 00, then the dialogue. A till that did not take the answer gets no dialogue: it believes nothing began.</summary>
    private async ValueTask AcceptedAsync(Func<CancellationToken, ValueTask> dialogue, CancellationToken cancellationToken)
    {
        if (await _till.RespondAsync(Apdu.Positive, cancellationToken))
        {
            await dialogue(cancellationToken);
        }
    }

    private ValueTask RunAsync<T>(ZvtParse<T> parsed, Func<T, ValueTask> dialogue, CancellationToken cancellationToken)
        where T : BmpMessage =>
        Fault(parsed) is { } fault
            ? RefuseAsync(fault.AnswerCode, cancellationToken)
            : AcceptedAsync(_ => dialogue(parsed.Value!), cancellationToken);

    /// <summary>Unknown BMPs are refused by a terminal, tolerated by a till (reference section 4).</summary>
    private static ZvtError? Fault<T>(ZvtParse<T> parsed)
        where T : BmpMessage => parsed.Error ?? parsed.Value!.Fields.Unknown;

    private async ValueTask UnlessLockedAsync(Func<CancellationToken, ValueTask> dialogue, CancellationToken cancellationToken)
    {
        if (_device.Lock == TerminalLock.None || _device.Lock == TerminalLock.EndOfDayRequired)
        {
            await dialogue(cancellationToken);
        }
        else
        {
            await _till.AskAsync(PtMessages.Aborted((byte)_device.Lock), cancellationToken);
        }
    }

    private ValueTask RegisterAsync(Apdu command, CancellationToken cancellationToken)
    {
        var parsed = Registration.Parse(command);
        return parsed.Value is { Currency: { } currency } && currency != _device.Memory.Currency
            ? AnswerAsync(Apdu.Negative(0x1E, new[] { ResultCodes.WrongCurrency }), cancellationToken)
            : RunAsync(parsed, r => _administration.RegisterAsync(r, cancellationToken), cancellationToken);
    }

    private ValueTask PayAsync<T>(BookingKind kind, ZvtParse<T> parsed, CancellationToken cancellationToken)
        where T : PaymentCommand
    {
        if (parsed.Value is { Amount: null or <= 0 })
        {
            return RefuseAsync(ResultCodes.ProtocolError, cancellationToken);
        }

        return RunAsync(parsed, p => CurrencyDiffers(p)
            ? WrongCurrencyAsync(cancellationToken)
            : _payments.RunAsync(new PaymentRequest(kind, p.Amount!.Value, p.GoodsTimeout, p.MaxStatusRepeats), cancellationToken), cancellationToken);
    }

    private bool CurrencyDiffers(PaymentCommand payment) => payment.Currency is { } currency && currency != _device.Memory.Currency;

    private async ValueTask WrongCurrencyAsync(CancellationToken cancellationToken) =>
        await _till.AskAsync(
            PtMessages.AbortedWith(ResultCodes.WrongCurrency, BmpSet.Empty.Digits(Bmp.Currency, _device.Memory.Currency, 2)), cancellationToken);

    private ValueTask ReverseAsync(ZvtParse<Reversal> parsed, CancellationToken cancellationToken) =>
        RunAsync(parsed, reversal => ReverseAsync(reversal, cancellationToken), cancellationToken);

    private async ValueTask ReverseAsync(Reversal reversal, CancellationToken cancellationToken)
    {
        var batch = _device.Memory.Batch;
        var original = batch.LastOrDefault(r => r.Kind == BookingKind.Sale && r.ReceiptNumber == reversal.ReceiptNumber);
        if (original is null || (reversal.Amount ?? original.Amount) != original.Amount)
        {
            await NotReversedAsync(ResultCodes.ReversalNotPossible, cancellationToken);
        }
        else if (batch.Any(r => r.Kind == BookingKind.Reversal && r.OriginalTraceNumber == original.TraceNumber))
        {
            await NotReversedAsync(ResultCodes.AlreadyReversed, cancellationToken);
        }
        else
        {
            var request = new PaymentRequest(BookingKind.Reversal, original.Amount, reversal.GoodsTimeout, reversal.MaxStatusRepeats, original);
            await _payments.RunAsync(request, cancellationToken);
        }
    }

    private async ValueTask NotReversedAsync(byte code, CancellationToken cancellationToken)
    {
        var locked = (byte)_device.Lock;
        var reason = locked == 0 ? code : locked;
        if (locked == 0)
        {
            await _till.AskAsync(PtMessages.Failed(reason, "REVERSAL NOT POSSIBLE", _device.Memory, _device.LocalTime), cancellationToken);
        }

        await _till.AskAsync(PtMessages.Aborted(reason), cancellationToken);
    }

    private ValueTask SetClockAsync(ZvtParse<SetDateTime> parsed, CancellationToken cancellationToken) =>
        parsed.Value is { Clock: null }
            ? RefuseAsync(ResultCodes.ProtocolError, cancellationToken)
            : RunAsync(parsed, s => UnlessLockedAsync(t => _administration.SetClockAsync(s.Clock!.Value, t), cancellationToken), cancellationToken);

    /// <summary>Only the list is known: there are no pre-authorisations on this device.</summary>
    private ValueTask PreAuthorisationsAsync(ZvtParse<PartialReversal> parsed, CancellationToken cancellationToken) =>
        RunAsync(parsed, _ => UnlessLockedAsync(_administration.ListPreAuthorisationsAsync, cancellationToken), cancellationToken);

    private ValueTask ReportStateAsync(CancellationToken cancellationToken) =>
        _administration.ReportAsync(
            [$"Terminal {_device.Memory.Tid}", $"Serial {_device.Memory.SerialNumber}", $"Version {AdministrationFlow.SoftwareVersion}"], cancellationToken);

    private ValueTask LogOffAsync(CancellationToken cancellationToken)
    {
        _device.Update(static m => m with { Till = TillAgreement.LoggedOff });
        return AnswerAsync(Apdu.Positive, cancellationToken);
    }

    private ValueTask DisplayAsync(ZvtParse<DisplayText> parsed, CancellationToken cancellationToken)
    {
        if (Fault(parsed) is { } fault)
        {
            return RefuseAsync(fault.AnswerCode, cancellationToken);
        }

        _device.ShowLines(parsed.Value!.Lines);
        _device.Tell("display", new { _device.Memory.Tid, parsed.Value.Lines });
        return AnswerAsync(Apdu.Positive, cancellationToken);
    }

    private ValueTask LanguageAsync(Apdu command, CancellationToken cancellationToken)
    {
        const byte English = 0x01;
        if (command.Data.Length != 1 || command.Data.Span[0] != English)
        {
            return RefuseAsync(ResultCodes.NotPossible, cancellationToken);
        }

        _device.Update(static m => m with { Language = DisplayLanguage.English });
        return AnswerAsync(Apdu.Positive, cancellationToken);
    }

    /// <summary>A pseudo terminal takes any rate; only the numbers are checked.</summary>
    private ValueTask BaudRateAsync(Apdu command, CancellationToken cancellationToken) =>
        command.Data.Length == 1 && command.Data.Span[0] is 0x00 or 0x01 or 0x06 or 0x07
            ? AnswerAsync(Apdu.Positive, cancellationToken)
            : RefuseAsync(ResultCodes.BadBaudRate, cancellationToken);
}
