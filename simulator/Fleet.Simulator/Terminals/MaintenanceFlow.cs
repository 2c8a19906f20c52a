using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>What a technician or the acquirer has done to a terminal through its line (reference 9, 13.2, 16.1).</summary>
internal sealed class MaintenanceFlow(TerminalDevice device, PtDialogue till, HostContact host)
{
    private const byte Dialling = 0xD2;
    private const byte InService = 0x1A;
    private const int FileContainer = 0x2D;
    private const int FileBlock = 0x1C;

    /// <summary>Vendor byte of 08 13 that takes this terminal out of service, and the one that brings it back.</summary>
    private const byte Disable = 0x01;

    private const byte Enable = 0x00;

    /// <summary>What a command does, null for a command that does nothing of this kind.</summary>
    public Func<CancellationToken, ValueTask>? Find(ZvtMessage message) => message switch
    {
        Diagnosis => DiagnoseAsync,
        Initialisation => t => WithHostAsync(() => Unlock(TerminalLock.InitialisationRequired), t),
        SoftwareUpdate => UpdateAsync,
        OptAction or OptPreInitialisation => t => WithHostAsync(() => Unlock(TerminalLock.OptDataMissing), t),
        OptOutOfOrder => t => WithHostAsync(() => device.Update(static m => m with { Lock = TerminalLock.OutOfOrder }), t),
        SendOfflineTransactions => t => WithHostAsync(static () => { }, t),
        DeleteFile => t => DoneAsync(() => Unlock(TerminalLock.JournalFull), t),
        OptPointInTime => t => DoneAsync(static () => { }, t),
        ServiceMode => ServeAsync,
        SelfTest or PrintSystemConfiguration or OptOutputData => ReportAsync,
        _ => null,
    };

    /// <summary>08 13: the vendor's bytes are kept; this vendor's first byte disables or enables the device.</summary>
    public async ValueTask ConfigureAsync(ChangeConfiguration change, CancellationToken cancellationToken)
    {
        if (change.Tlv?.Find(FileContainer, FileBlock) is not { Value.Length: > 0 } block)
        {
            await till.CompleteAsync(new Completion { ResultCode = ResultCodes.ProtocolError }, cancellationToken);
            return;
        }

        var locked = block.Value.Span[0] switch
        {
            Disable => TerminalLock.OutOfOrder,
            Enable => TerminalLock.None,
            _ => device.Memory.Lock,
        };
        device.Update(m => m with { VendorConfiguration = Convert.ToHexString(block.Value.Span), Lock = locked });
        device.Tell("configuration", new { device.Memory.Tid, device.Memory.VendorConfiguration, device.Memory.Lock });
        await till.CompleteAsync(new Completion { ResultCode = ResultCodes.Ok }, cancellationToken);
    }

    /// <summary>06 70: reaches for the acquirer, which also pays what is owed to it.</summary>
    private async ValueTask DiagnoseAsync(CancellationToken cancellationToken)
    {
        await till.ShowAsync(new IntermediateStatus { Status = Dialling }, cancellationToken);
        if (!await ReachedAsync(cancellationToken))
        {
            await till.AbortAsync(device.Profile.NoHostCode, cancellationToken);
            return;
        }

        Unlock(TerminalLock.DiagnosisRequired);
        Unlock(TerminalLock.ClockWrong);
        if (device.Options.SendsClockAfterDiagnosis)
        {
            await till.SendAsync(new SetEcrDateTime { Clock = device.LocalTime.DateTime }.ToApdu(), null, cancellationToken);
        }

        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    /// <summary>08 10: the new software comes from the acquirer, and the device restarts.</summary>
    private async ValueTask UpdateAsync(CancellationToken cancellationToken)
    {
        await till.ShowAsync(new IntermediateStatus { Status = Dialling }, cancellationToken);
        if (await OnlineAsync(() => Unlock(TerminalLock.ProfileInvalid), cancellationToken))
        {
            device.AskRestart();
        }
    }

    private async ValueTask ServeAsync(CancellationToken cancellationToken)
    {
        device.Show(ScreenText.Service);
        await till.ShowAsync(new IntermediateStatus { Status = InService }, cancellationToken);
        await device.DelayAsync(device.Options.CustomerDelay, cancellationToken);
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    private ValueTask ReportAsync(CancellationToken cancellationToken)
    {
        var memory = device.Memory;
        return new AdministrationFlow(device, till).ReportAsync(
            [
                $"Terminal {memory.Tid}",
                $"Serial {memory.SerialNumber}",
                $"Version {AdministrationFlow.SoftwareVersion}",
                $"Profile {device.Profile.Name}",
                $"State {(byte)device.Lock:X2}",
            ],
            cancellationToken);
    }

    private async ValueTask DoneAsync(Action act, CancellationToken cancellationToken)
    {
        act();
        await till.CompleteAsync(new Completion(), cancellationToken);
    }

    private async ValueTask WithHostAsync(Action act, CancellationToken cancellationToken) => await OnlineAsync(act, cancellationToken);

    private async ValueTask<bool> OnlineAsync(Action act, CancellationToken cancellationToken)
    {
        if (await ReachedAsync(cancellationToken))
        {
            await DoneAsync(act, cancellationToken);
            return true;
        }

        await till.AbortAsync(device.Profile.NoHostCode, cancellationToken);
        return false;
    }

    private async ValueTask<bool> ReachedAsync(CancellationToken cancellationToken)
    {
        till.AbortAllowed = false;
        return await host.PayVoidsAsync(cancellationToken) && await device.Host.ContactAsync(device.Memory.Tid, cancellationToken);
    }

    private void Unlock(TerminalLock removed) =>
        device.Update(m => m.Lock == removed ? m with { Lock = TerminalLock.None } : m);
}
