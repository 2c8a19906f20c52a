using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Everything that is neither a payment nor an end-of-day.</summary>
internal sealed class AdministrationFlow(TerminalDevice device, PtDialogue till, HostContact host)
{
    private const byte Dialling = 0xD2;

    /// <summary>Software version that the device tells.</summary>
    public static string SoftwareVersion { get; } = typeof(AdministrationFlow).Assembly.GetName().Version?.ToString(3) ?? "1.0.0";

    /// <summary>06 00, reference 9.1. The currency was checked before the response.</summary>
    public async ValueTask RegisterAsync(Registration registration, CancellationToken cancellationToken)
    {
        var memory = device.Update(m => m with { Till = PtRegistration.From(registration) });
        device.Tell("registration", new { memory.Tid, config = $"{(byte)registration.Config:X2}" });
        await till.CompleteAsync(
            new Completion { Status = Needs(memory.Lock), TerminalId = int.Parse(memory.Tid), Currency = memory.Currency }, cancellationToken);
    }

    /// <summary>05 01 in all its forms, reference 14.9.</summary>
    public async ValueTask StatusAsync(StatusEnquiry enquiry, CancellationToken cancellationToken)
    {
        var status = new StatusCompletion
        {
            SoftwareVersion = enquiry.WantsVersion ? $"SIM {SoftwareVersion}" : null,
            Status = (byte)device.Lock,
        };
        await till.CompleteAsync(enquiry.WantsDetails ? status with { Tlv = Details() } : status, cancellationToken);
    }

    /// <summary>06 20: the last final payment, as often as asked.</summary>
    public async ValueTask RepeatAsync(RepeatReceipt repeat, CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        if (memory.LastBooked is not { } last)
        {
            await till.AbortAsync(ResultCodes.CardNotReadable, cancellationToken);
            return;
        }

        if (((repeat.ServiceByte ?? 0) & 0x01) != 0)
        {
            await till.SendStatusAsync(PtMessages.Booked(last, memory), cancellationToken);
        }

        if (((repeat.ServiceByte ?? 0) & 0x02) == 0 && till.Registration.Config.HasFlag(ConfigByte.EcrPrintsPayments | ConfigByte.ReadyMadeReceipts))
        {
            await till.PrintAsync(PtMessages.Receipt(Receipts.Payment(last, memory, customer: true), ReceiptType.Customer), cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 70: reaches for the acquirer, which also pays what is owed to it.</summary>
    public async ValueTask DiagnoseAsync(CancellationToken cancellationToken)
    {
        await till.ShowAsync(new IntermediateStatus { Status = Dialling }, cancellationToken);
        if (!await ReachedAsync(cancellationToken))
        {
            await till.AbortAsync(ResultCodes.NoConnection, cancellationToken);
            return;
        }

        Unlock(TerminalLock.DiagnosisRequired);
        if (device.Options.SendsClockAfterDiagnosis)
        {
            await till.SendAsync(new SetEcrDateTime { Clock = device.LocalTime.DateTime }.ToApdu(), null, cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 93.</summary>
    public ValueTask InitialiseAsync(CancellationToken cancellationToken) =>
        OnlineAsync(() => Unlock(TerminalLock.InitialisationRequired), cancellationToken);

    /// <summary>08 24: out of order until a technician comes.</summary>
    public ValueTask TakeOutOfServiceAsync(CancellationToken cancellationToken) =>
        OnlineAsync(() => device.Update(static m => m with { Lock = TerminalLock.OutOfOrder }), cancellationToken);

    /// <summary>06 91.</summary>
    public async ValueTask SetClockAsync(DateTime clock, CancellationToken cancellationToken)
    {
        device.Update(m => m with { ClockOffset = new DateTimeOffset(clock, TimeSpan.Zero) - device.Options.Time.GetUtcNow() });
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 1B: only with an empty turnover store.</summary>
    public async ValueTask SetTerminalIdAsync(int? tid, CancellationToken cancellationToken)
    {
        if (device.Memory is not { Batch.IsEmpty: true, Provisional: null, OpenSettlement: null, OwedVoids.IsEmpty: true })
        {
            await till.AbortAsync(ResultCodes.OpenEndOfDay, cancellationToken);
            return;
        }

        var next = $"{tid ?? 0:00000000}";
        device.Update(m => m with { Tid = next, LastBooked = next == m.Tid ? m.LastBooked : null });
        device.Tell("terminalId", new { device.Memory.Tid });
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 18.</summary>
    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        await till.CompleteAsync(new Completion(), cancellationToken);
        device.AskRestart();
    }

    /// <summary>06 23 with 87 FF FF: open pre-authorisations, none here.</summary>
    public async ValueTask ListPreAuthorisationsAsync(CancellationToken cancellationToken)
    {
        var none = BmpSet.Empty.With(Bmp.ReceiptNumber, [0xFF, 0xFF], BmpOrder.Status);
        await till.AbortAsync(new Abort { ResultCode = ResultCodes.PreAuthorisation, Fields = none }, cancellationToken);
    }

    /// <summary>A report on paper of the till, where it prints administration receipts.</summary>
    public async ValueTask ReportAsync(IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        if (till.Registration.Config.HasFlag(ConfigByte.EcrPrintsAdministration | ConfigByte.ReadyMadeReceipts))
        {
            await till.PrintAsync(PtMessages.Receipt(lines, ReceiptType.Administration), cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    private static RegistrationStatus Needs(TerminalLock locked) => locked switch
    {
        TerminalLock.InitialisationRequired => RegistrationStatus.InitialisationNeeded,
        TerminalLock.DiagnosisRequired => RegistrationStatus.DiagnosisNeeded,
        _ => RegistrationStatus.None,
    };

    private async ValueTask OnlineAsync(Action then, CancellationToken cancellationToken)
    {
        if (await ReachedAsync(cancellationToken))
        {
            then();
            await till.CompleteAsync(new Completion(), cancellationToken);
        }
        else
        {
            await till.AbortAsync(ResultCodes.NoConnection, cancellationToken);
        }
    }

    private async ValueTask<bool> ReachedAsync(CancellationToken cancellationToken)
    {
        till.AbortAllowed = false;
        return await host.PayVoidsAsync(cancellationToken) && await device.Host.ContactAsync(device.Memory.Tid, cancellationToken);
    }

    private void Unlock(TerminalLock removed) =>
        device.Update(m => m.Lock == removed ? m with { Lock = TerminalLock.None } : m);

    private TlvContainer Details()
    {
        var memory = device.Memory;
        var serial = memory.SerialNumber.PadLeft((memory.SerialNumber.Length + 1) / 2 * 2, '0');
        var locks = (int)Locks(memory);
        return TlvContainer.Empty
            .Add(new TlvNode(TlvTags.TerminalId, Bcd.Write(long.Parse(memory.Tid), 4)))
            .Add(new TlvNode(TlvTags.Locks, new[] { (byte)(locks >> 8), (byte)locks }))
            .Add(TlvNode.Of(
                TlvTags.Device,
                new TlvNode(TlvTags.DeviceName, ZvtText.Encode("POS-SIM")),
                new TlvNode(0x1F41, ZvtText.Encode(SoftwareVersion)),
                new TlvNode(TlvTags.SerialNumber, Convert.FromHexString(serial)),
                new TlvNode(0x1F43, new[] { DeviceState(memory) })));
    }

    private static byte DeviceState(TerminalMemory memory) =>
        memory.Tampered ? (byte)0x03 : memory.Lock == TerminalLock.InitialisationRequired ? (byte)0x01 : (byte)0x00;

    /// <summary>TLV 1F55, reference 16.2.</summary>
    private TerminalLocks Locks(TerminalMemory memory)
    {
        var state = device.Lock switch
        {
            TerminalLock.None => TerminalLocks.None,
            TerminalLock.InitialisationRequired => TerminalLocks.InitialisationNeeded,
            TerminalLock.DiagnosisRequired => TerminalLocks.DiagnosisNeeded,
            TerminalLock.OutOfOrder => TerminalLocks.OutOfOrder,
            TerminalLock.ActivationRequired => TerminalLocks.ActivationNeeded,
            TerminalLock.EndOfDayRequired => TerminalLocks.ReconciliationNeeded,
            _ => throw new InvalidOperationException($"{device.Lock}"),
        };
        return state
            | (memory.PaperOut ? TerminalLocks.Printer : TerminalLocks.None)
            | (memory.Tampered ? TerminalLocks.SecureModuleChanged : TerminalLocks.None)
            | (memory.Battery < 5 ? TerminalLocks.Battery : TerminalLocks.None);
    }
}
