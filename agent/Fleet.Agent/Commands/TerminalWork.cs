using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>How far a lock reaches.</summary>
/// <param name="Level">Who enforces it.</param>
/// <param name="Detail">For a person.</param>
public sealed record LockLevel(EnforcementLevel Level, string Detail);

/// <summary>What commands do at the terminal. Every member may be repeated after a crash.</summary>
public sealed class TerminalWork(
    TerminalLine line, RegistrationDesk registrations, StatusQuestion status, OutcomeResolver resolver, EndOfDayRun endOfDay, TimeProvider clock)
{
    private const byte OutOfOrder = 0xDF;
    private const byte ActivationRequired = 0xE4;

    /// <summary>A closed gate's position as a command wants it.</summary>
    public GatePosition Position(GateChange.Types.State state, CommandRecord record) =>
        new() { State = state, Reason = record.Reason, CommandId = record.Id, Message = record.Message };

    /// <summary>The obstacle to reopening, or null when the terminal is ready.</summary>
    public async Task<StepOutcome?> CheckReadyAsync(CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(cancellationToken);
        if (lease is null)
        {
            return Unreachable();
        }

        return await status.AskAsync(lease, cancellationToken) switch
        {
            null => Unreachable(),
            { StatusCode: 0 } => null,
            { StatusCode: var code } => StepOutcome.Blocked(ReasonCodes.TerminalUnreachable, $"the terminal is not ready: status {code:X2}"),
        };
    }

    /// <summary>Registers the terminal as the open gate wants it. When it cannot be reached that happens at the next opening of the line.</summary>
    public async Task UnlockAsync(CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(cancellationToken);
        if (lease is not null && !registrations.IsInForce)
        {
            await registrations.RegisterAsync(lease, new QuietHandler(), cancellationToken);
        }
    }

    /// <summary>
    /// Registers the terminal as the closed gate wants it and reads back. A terminal that does not answer within
    /// <paramref name="patience"/> is registered at the next opening of the line; until then only the gate enforces.
    /// </summary>
    public async Task<LockLevel> LockAsync(CommandRecord record, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var changed = line.Changed;
            using (var lease = await TakeAsync(cancellationToken))
            {
                if (lease is not null && await RegisterAsync(lease, record, cancellationToken) is { } level)
                {
                    return level;
                }
            }

            var left = patience - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return new LockLevel(EnforcementLevel.Gate, "the terminal does not answer; it is registered as locked as soon as it does");
            }

            try
            {
                await changed.WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Looked at once more.
            }
        }
    }

    /// <summary>Learns what is still unknown; the obstacle when the terminal cannot be asked. What it cannot tell does not stop a settlement: its totals may.</summary>
    public async Task<StepOutcome?> ResolveAsync(CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(cancellationToken);
        if (lease is null)
        {
            return Unreachable();
        }

        await resolver.ResolveAllAsync(lease, cancellationToken);
        return lease.IsAlive ? null : Unreachable();
    }

    /// <summary>Closes the batch; the obstacle when that did not succeed.</summary>
    public async Task<StepOutcome?> SettleAsync(string commandId, SettlementCommit commit, CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(cancellationToken);
        if (lease is null)
        {
            return Unreachable();
        }

        var result = await endOfDay.RunAsync(lease, commandId, commit, cancellationToken);
        return result.IsSettled ? null : StepOutcome.Blocked(ReasonCodes.SettlementFailed, result.Detail);
    }

    /// <summary>Takes the terminal id away where the terminal can do that, and ends the registration.</summary>
    /// <returns>What was achieved, in words; null when the terminal does not answer.</returns>
    public async Task<string?> DismissAsync(CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(cancellationToken);
        if (lease is null)
        {
            return null;
        }

        var reset = await lease.RunAsync(new SetTerminalId { Password = registrations.Password }, new QuietHandler(), cancellationToken);
        if (reset.Kind is EcrOutcomeKind.Unknown or EcrOutcomeKind.NotSent)
        {
            return null;
        }

        var logOff = await lease.RunAsync(new LogOff(), new QuietHandler(), cancellationToken);
        registrations.Forget();
        var erased = reset.Kind == EcrOutcomeKind.Completed ? "terminal id erased" : $"terminal id kept ({reset.Kind} {reset.ResultCode:X2})";
        return logOff.Kind == EcrOutcomeKind.Completed ? erased + ", logged off" : erased + ", log-off refused";
    }

    private async Task<LineLease?> TakeAsync(CancellationToken cancellationToken) =>
        (await line.AcquireAsync(LineUser.Command, Timeout.InfiniteTimeSpan, cancellationToken)).Lease;

    private StepOutcome Unreachable() => line.Status.State == LineState.Substituted
        ? StepOutcome.Blocked(ReasonCodes.TerminalSubstituted, line.Status.Detail)
        : StepOutcome.Blocked(ReasonCodes.TerminalUnreachable, line.Status.Detail);

    private async Task<LockLevel?> RegisterAsync(LineLease lease, CommandRecord record, CancellationToken cancellationToken)
    {
        var outcome = await registrations.RegisterAsync(lease, new QuietHandler(), cancellationToken);
        if (outcome.Kind != EcrOutcomeKind.Completed)
        {
            return lease.IsAlive
                ? new LockLevel(EnforcementLevel.Gate, $"the terminal refused the registration: {outcome.Kind} {outcome.ResultCode:X2}")
                : null;
        }

        if (await status.AskAsync(lease, cancellationToken) is not { } read)
        {
            return lease.IsAlive ? new LockLevel(EnforcementLevel.Registered, "registered; the terminal gives no status") : null;
        }

        if (record.Message.Length > 0 && lease.IsAlive)
        {
            var text = TerminalText.Of(record.Message, registrations.Charset) ?? TerminalText.Of(TerminalText.OutOfService, ZvtCharset.Cp437)!;
            await lease.RunAsync(text, new QuietHandler(), cancellationToken);
        }

        return read.StatusCode switch
        {
            OutOfOrder or ActivationRequired => new LockLevel(EnforcementLevel.Device, $"the terminal reports status {read.StatusCode:X2}"),
            _ when !line.Manner.Profile.ConfigGatesStandalone => new LockLevel(
                EnforcementLevel.Gate, $"registered, but {line.Manner.Profile.Name} sells at the device whatever a registration says: switch that off in its own menu"),
            _ => new LockLevel(EnforcementLevel.Registered, string.Empty),
        };
    }
}
