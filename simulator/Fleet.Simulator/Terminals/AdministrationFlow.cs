using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Everything that is neither a payment nor an end-of-day.</summary>
internal sealed class AdministrationFlow(TerminalDevice device, PtDialogue till)
{
    /// <summary>Software version that the device tells.</summary>
    public static string SoftwareVersion { get; } = typeof(AdministrationFlow).Assembly.GetName().Version?.ToString(3) ?? "1.0.0";

    /// <summary>06 00, reference 9.1. The currency was checked before the response.</summary>
    public async ValueTask RegisterAsync(Registration registration, CancellationToken cancellationToken)
    {
        var memory = device.Update(m => m with { Till = PtRegistration.From(registration) });
        device.Tell("registration", new { memory.Tid, config = $"{(byte)registration.Config:X2}" });
        var completion = new Completion
        {
            Status = Needs(memory.Lock) | device.Profile.AlwaysReports,
            TerminalId = int.Parse(memory.Tid),
            Currency = memory.Currency,
        };
        await till.CompleteAsync(Agreed(registration) is { Nodes.IsEmpty: false } agreed ? completion with { Tlv = agreed } : completion, cancellationToken);
    }

    /// <summary>What the registration offered and this terminal takes: message ids (reference 15.5) and the character set of texts (reference 6).</summary>
    private static TlvContainer Agreed(Registration registration)
    {
        var agreed = TlvContainer.Empty;
        if (MessageIds.Read(registration.ToApdu()) == 0)
        {
            agreed = agreed.With(TlvTags.MessageId, Bcd.Write(0, 3));
        }

        return PtRegistration.From(registration).Charset is not ZvtCharset.Cp437 and var charset
            ? agreed.With(TlvTags.CharacterSet, [ZvtText.CodeOf(charset)])
            : agreed;
    }

    /// <summary>05 01 in all its forms, reference 14.9.</summary>
    public async ValueTask StatusAsync(StatusEnquiry enquiry, CancellationToken cancellationToken)
    {
        var status = new StatusCompletion
        {
            SoftwareVersion = enquiry.WantsVersion ? $"SIM {SoftwareVersion}" : null,
            Status = (byte)device.Lock,
        };
        await till.CompleteAsync(enquiry.WantsDetails || device.Profile.StatusAlwaysDetailed ? status with { Tlv = Details() } : status, cancellationToken);
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
            await till.PrintAsync(PtMessages.Receipt(Receipts.Payment(last, memory, customer: true), ReceiptType.Customer, till.Registration.Charset), cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 91.</summary>
    public async ValueTask SetClockAsync(DateTime clock, CancellationToken cancellationToken)
    {
        var now = device.Options.Time.GetUtcNow();
        device.Update(m => m with
        {
            ClockOffset = new DateTimeOffset(clock, TimeSpan.Zero) - now,
            ClockSetAt = now,
            Lock = m.Lock == TerminalLock.ClockWrong ? TerminalLock.None : m.Lock,
        });
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 1B: only with an empty turnover store.</summary>
    public async ValueTask SetTerminalIdAsync(int? tid, CancellationToken cancellationToken)
    {
        if (device.Memory is not { Batch.IsEmpty: true, Reservations.IsEmpty: true, Provisional: null, OpenSettlement: null, OwedVoids.IsEmpty: true })
        {
            await till.AbortAsync(ResultCodes.OpenEndOfDay, cancellationToken);
            return;
        }

        var next = $"{tid ?? 0:00000000}";
        device.Update(m => m with { Tid = next, LastBooked = next == m.Tid ? m.LastBooked : null });
        device.Tell("terminalId", new { device.Memory.Tid });
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>06 95: with the old password only. Whether passwords count is a matter of the profile.</summary>
    public async ValueTask ChangePasswordAsync(ChangePassword change, CancellationToken cancellationToken)
    {
        var right = change.Old.Begins(device.Memory.Password, device.Profile.PasswordDigits);
        if (right)
        {
            device.Update(m => m with { Password = Convert.ToHexString(change.New.ToArray()) });
        }

        await till.CompleteAsync(new Completion { ResultCode = right ? ResultCodes.Ok : ResultCodes.WrongPassword }, cancellationToken);
    }

    /// <summary>06 12: receipts of the open and the last closed batch, on the till's printer or the terminal's own.</summary>
    public async ValueTask ReprintAsync(ReprintReceipts reprint, CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        var found = memory.Batch
            .Concat(memory.LastSettlement?.Records ?? [])
            .Where(r => r.ReceiptNumber >= reprint.From && r.ReceiptNumber <= (reprint.To ?? reprint.From))
            .OrderBy(static r => r.ReceiptNumber)
            .ToList();
        var tillPrints = till.Registration.Config.HasFlag(ConfigByte.EcrPrintsPayments | ConfigByte.ReadyMadeReceipts);
        if (found.Count == 0 || (!tillPrints && memory.PaperOut))
        {
            await till.AbortAsync(found.Count == 0 ? ResultCodes.CardNotReadable : ResultCodes.PrinterNotReady, cancellationToken);
            return;
        }

        foreach (var record in found)
        {
            var lines = Receipts.Payment(record, memory, customer: false);
            if (!tillPrints)
            {
                device.Tell("print", new { memory.Tid, lines });
            }
            else if (await till.PrintAsync(PtMessages.Receipt(lines, ReceiptType.Merchant, till.Registration.Charset), cancellationToken) is not { IsPositive: true })
            {
                await till.AbortAsync(ResultCodes.PrinterNotReady, cancellationToken);
                return;
            }
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>08 30: English is what the reference has a number for; Chinese is chosen at the device.</summary>
    public async ValueTask SelectLanguageAsync(byte language, CancellationToken cancellationToken)
    {
        const byte English = 0x01;
        if (language == English)
        {
            device.Update(static m => m with { Language = DisplayLanguage.English });
            await till.CompleteAsync(new Completion(), cancellationToken);
        }
        else
        {
            await till.AbortAsync(ResultCodes.NotPossible, cancellationToken);
        }
    }

    /// <summary>06 18.</summary>
    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        await till.CompleteAsync(new Completion(), cancellationToken);
        device.AskRestart();
    }

    /// <summary>A report on paper of the till, where it prints administration receipts.</summary>
    public async ValueTask ReportAsync(IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        if (till.Registration.Config.HasFlag(ConfigByte.EcrPrintsAdministration | ConfigByte.ReadyMadeReceipts))
        {
            await till.PrintAsync(PtMessages.Receipt(lines, ReceiptType.Administration, till.Registration.Charset), cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    private static RegistrationStatus Needs(TerminalLock locked) => locked switch
    {
        TerminalLock.InitialisationRequired => RegistrationStatus.InitialisationNeeded,
        TerminalLock.DiagnosisRequired => RegistrationStatus.DiagnosisNeeded,
        TerminalLock.OptDataMissing => RegistrationStatus.OptActionNeeded,
        _ => RegistrationStatus.None,
    };

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
                new TlvNode(TlvTags.DeviceName, ZvtText.Encode(device.Profile.DeviceNames is [var name, ..] ? name : "POS-SIM")),
                new TlvNode(0x1F41, ZvtText.Encode(SoftwareVersion)),
                new TlvNode(TlvTags.SerialNumber, Convert.FromHexString(serial)),
                new TlvNode(0x1F43, new[] { DeviceState(memory) })));
    }

    private static byte DeviceState(TerminalMemory memory) =>
        memory.Tampered ? (byte)0x03 : memory.Lock == TerminalLock.InitialisationRequired ? (byte)0x01 : (byte)0x00;

    /// <summary>TLV 1F55, reference 16.2.</summary>
    private TerminalLocks Locks(TerminalMemory memory)
    {
        var state = LockedTerminal.LocksOf((byte)device.Lock);
        return state
            | (memory.PaperOut ? TerminalLocks.Printer : TerminalLocks.None)
            | (memory.Tampered ? TerminalLocks.SecureModuleChanged : TerminalLocks.None)
            | (memory.Battery < 5 ? TerminalLocks.Battery : TerminalLocks.None);
    }
}
