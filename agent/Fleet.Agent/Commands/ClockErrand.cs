using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>Set clock (06 91): to the time the server signed, in the time zone of this computer. A guess is never written into a terminal.</summary>
public sealed class ClockErrand(PatientLine line, RegistrationDesk registrations, CommandTimes times) : ICommandErrand
{
    /// <inheritdoc/>
    public CommandKind Kind => CommandKind.SetClock;

    /// <inheritdoc/>
    public async Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (!times.Fleet.IsSure)
        {
            return ErrandResult.Failed(ReasonCodes.TimeUnknown, "the server has not told the time since this computer was started");
        }

        using var lease = await line.TakeAsync(cancellationToken);
        if (lease is null)
        {
            return ErrandResult.Failed(ReasonCodes.TerminalUnreachable, line.Detail);
        }

        var local = TimeZoneInfo.ConvertTime(times.Fleet.Now, times.Clock.LocalTimeZone);
        var command = new SetDateTime { Password = registrations.Password, Clock = local.DateTime };
        return TerminalAnswer.Of(await lease.RunAsync(command, new QuietHandler(), cancellationToken), $"set to {local:yyyy-MM-dd HH:mm:ss}");
    }
}
