using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Everything that is neither a payment nor an end-of-day.</summary>
internal sealed class AdministrationFlow(TerminalDevice device, PtConversation till, HostContact host)
{
    private const int PrintBlockCode = 0x06D3;
    private const byte Dialling = 0xD2;
    private const byte InitialisationNeeded = 0x01;
    private const byte DiagnosisNeeded = 0x02;

    /// <summary>06 00, reference 9.1. The currency was checked before the response.</summary>
    public async ValueTask RegisterAsync(Registration registration, CancellationToken cancellationToken)
    {
        var memory = device.Update(m => m with
        {
            Till = new TillAgreement(
                (byte)registration.Config,
                registration.Currency is not null,
                registration.Fields.Has(Bmp.Tlv),
                TakesBlocks(registration.Tlv)),
        });
        var status = (byte)((memory.Lock == TerminalLock.InitialisationRequired ? InitialisationNeeded : 0)
            | (memory.Lock == TerminalLock.DiagnosisRequired ? DiagnosisNeeded : 0));
        var fields = BmpSet.Empty.Put(Bmp.PaymentType, [status]).Digits(Bmp.TerminalId, long.Parse(memory.Tid), 4);
        device.Tell("registration", new { memory.Tid, config = $"{memory.Till.Config:X2}" });
        await till.AskAsync(PtMessages.Completed(PtMessages.WithCurrency(fields, memory)), cancellationToken);
    }

    /// <summary>05 01 in all its forms, reference 14.9.</summary>
    public async ValueTask StatusAsync(StatusEnquiry enquiry, CancellationToken cancellationToken)
    {
        var details = enquiry.WantsDetails ? BmpSet.Empty.Put(Bmp.Tlv, Details().ToArray()) : BmpSet.Empty;
        var version = enquiry.WantsVersion ? $"SIM {SoftwareVersion}" : null;
        await till.AskAsync(PtMessages.Status(version, (byte)device.Lock, details), cancellationToken);
    }

    /// <summary>06 20: the last final payment, as often as asked.</summary>
    public async ValueTask RepeatAsync(RepeatReceipt repeat, CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        if (memory.LastBooked is not { } last)
        {
            await till.AskAsync(PtMessages.Aborted(ResultCodes.CardNotReadable), cancellationToken);
            return;
        }

        if (((repeat.ServiceByte ?? 0) & 0x01) != 0)
        {
            await till.AskAsync(PtMessages.Booked(last, memory), device.Timers.Goods, cancellationToken);
        }

        if (((repeat.ServiceByte ?? 0) & 0x02) == 0 && memory.Till is { TillPrintsReceipts: true, ReadyMadeReceipts: true })
        {
            await PrintAsync(Receipts.Payment(last, memory, customer: true), 2, cancellationToken);
        }

        await till.AskAsync(PtMessages.Done, cancellationToken);
    }

    /// <summary>06 70: reaches for the acquirer, which also pays what is owed to it.</summary>
    public async ValueTask DiagnoseAsync(CancellationToken cancellationToken)
    {
        if (device.Memory.Till.IntermediateStatus)
        {
            await till.AskAsync(PtMessages.Intermediate(Dialling), cancellationToken);
        }

        if (!await ReachedAsync(cancellationToken))
        {
            await till.AskAsync(PtMessages.Aborted(ResultCodes.NoConnection), cancellationToken);
            return;
        }

        Unlock(TerminalLock.DiagnosisRequired);
        if (device.Options.SendsClockAfterDiagnosis)
        {
            var clock = new SetEcrDateTime { Clock = device.LocalTime.DateTime };
            await till.AskAsync(clock.ToApdu(), cancellationToken);
        }

        await till.AskAsync(PtMessages.Done, cancellationToken);
    }

    /// <summary>06 93.</summary>
    public async ValueTask InitialiseAsync(CancellationToken cancellationToken)
    {
        var reached = await ReachedAsync(cancellationToken);
        if (reached)
        {
            Unlock(TerminalLock.InitialisationRequired);
        }

        await till.AskAsync(reached ? PtMessages.Done : PtMessages.Aborted(ResultCodes.NoConnection), cancellationToken);
    }

    /// <summary>08 24: out of order until a technician comes.</summary>
    public async ValueTask TakeOutOfServiceAsync(CancellationToken cancellationToken)
    {
        var reached = await ReachedAsync(cancellationToken);
        if (reached)
        {
            device.Update(static m => m with { Lock = TerminalLock.OutOfOrder });
        }

        await till.AskAsync(reached ? PtMessages.Done : PtMessages.Aborted(ResultCodes.NoConnection), cancellationToken);
    }

    /// <summary>06 91.</summary>
    public async ValueTask SetClockAsync(DateTime clock, CancellationToken cancellationToken)
    {
        device.Update(m => m with { ClockOffset = new DateTimeOffset(clock, TimeSpan.Zero) - device.Options.Time.GetUtcNow() });
        await till.AskAsync(PtMessages.Done, cancellationToken);
    }

    /// <summary>06 1B: only with an empty turnover store.</summary>
    public async ValueTask SetTerminalIdAsync(int? tid, CancellationToken cancellationToken)
    {
        var empty = device.Memory is { Batch.IsEmpty: true, Provisional: null, OpenSettlement: null } && device.Memory.OwedVoids.IsEmpty;
        if (empty)
        {
            var next = $"{tid ?? 0:00000000}";
            device.Update(m => m with { Tid = next, LastBooked = next == m.Tid ? m.LastBooked : null });
            device.Tell("terminalId", new { device.Memory.Tid });
        }

        await till.AskAsync(empty ? PtMessages.Done : PtMessages.Aborted(ResultCodes.OpenEndOfDay), cancellationToken);
    }

    /// <summary>06 18.</summary>
    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        await till.AskAsync(PtMessages.Done, cancellationToken);
        device.AskRestart();
    }

    /// <summary>06 23 with 87 FF FF: open pre-authorisations, none here.</summary>
    public async ValueTask ListPreAuthorisationsAsync(CancellationToken cancellationToken) =>
        await till.AskAsync(
            PtMessages.AbortedWith(ResultCodes.PreAuthorisation, BmpSet.Empty.Put(Bmp.ReceiptNumber, [0xFF, 0xFF])), cancellationToken);

    /// <summary>A report on paper of the till, where it prints administration receipts.</summary>
    public async ValueTask ReportAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        if (device.Memory.Till is { TillPrintsAdministration: true, ReadyMadeReceipts: true })
        {
            await PrintAsync(lines, 3, cancellationToken);
        }

        await till.AskAsync(PtMessages.Done, cancellationToken);
    }

    /// <summary>Software version that the device tells.</summary>
    public static string SoftwareVersion { get; } = typeof(AdministrationFlow).Assembly.GetName().Version?.ToString(3) ?? "1.0.0";

    private static bool TakesBlocks(TlvContainer? tlv) => tlv?.Find(0x26)?.Children?.Nodes
        .Any(static n => n.Tag == 0x0A && n.Value.Span.SequenceEqual((ReadOnlySpan<byte>)[PrintBlockCode >> 8, PrintBlockCode & 0xFF])) ?? false;

    private async ValueTask<bool> ReachedAsync(CancellationToken cancellationToken)
    {
        till.Abortable = false;
        return await host.PayVoidsAsync(cancellationToken) && await device.Host.ContactAsync(device.Memory.Tid, cancellationToken);
    }

    private void Unlock(TerminalLock removed) =>
        device.Update(m => m.Lock == removed ? m with { Lock = TerminalLock.None } : m);

    private TlvContainer Details()
    {
        var memory = device.Memory;
        var serial = memory.SerialNumber.PadLeft((memory.SerialNumber.Length + 1) / 2 * 2, '0');
        var device1 = TlvNode.Of(
            0xE4,
            new TlvNode(0x1F40, ZvtText.Encode("POS-SIM")),
            new TlvNode(0x1F41, ZvtText.Encode(SoftwareVersion)),
            new TlvNode(0x1F42, Convert.FromHexString(serial)),
            new TlvNode(0x1F43, new[] { DeviceState(memory) }));
        return TlvContainer.Empty
            .Add(new TlvNode(0x1F44, Bcd.Write(long.Parse(memory.Tid), 4)))
            .Add(new TlvNode(0x1F55, Locks(memory)))
            .Add(device1);
    }

    private static byte DeviceState(TerminalMemory memory) =>
        memory.Tampered ? (byte)0x03 : memory.Lock == TerminalLock.InitialisationRequired ? (byte)0x01 : (byte)0x00;

    /// <summary>TLV 1F55, reference 16.2.</summary>
    private byte[] Locks(TerminalMemory memory)
    {
        byte first = device.Lock switch
        {
            TerminalLock.None or TerminalLock.ActivationRequired => 0x00,
            TerminalLock.InitialisationRequired => 0x40,
            TerminalLock.DiagnosisRequired => 0x20,
            TerminalLock.OutOfOrder => 0x08,
            TerminalLock.EndOfDayRequired => 0x80,
            _ => throw new InvalidOperationException($"{device.Lock}"),
        };
        return
        [
            (byte)(first | (memory.PaperOut ? 0x04 : 0) | (memory.Tampered ? 0x01 : 0)),
            (byte)((device.Lock == TerminalLock.ActivationRequired ? 0x08 : 0) | (memory.Battery < 5 ? 0x04 : 0)),
        ];
    }

    private async ValueTask PrintAsync(IReadOnlyList<string> lines, byte type, CancellationToken cancellationToken)
    {
        foreach (var apdu in PtMessages.Receipt(lines, device.Memory.Till.PrintBlocks, type))
        {
            if (!(await till.AskAsync(apdu, cancellationToken)).IsPositive)
            {
                return;
            }
        }
    }
}
