using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>Display message: shown when no payment is running; it stays until something else is shown.</summary>
public sealed class DisplayErrand(PatientLine line, RegistrationDesk registrations) : ICommandErrand
{
    /// <inheritdoc/>
    public CommandKind Kind => CommandKind.DisplayMessage;

    /// <inheritdoc/>
    public async Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        using var lease = await line.TakeAsync(cancellationToken);
        if (lease is null)
        {
            return ErrandResult.Failed(ReasonCodes.TerminalUnreachable, line.Detail);
        }

        return TerminalText.Of(record.Message, registrations.Charset) is { } text
            ? TerminalAnswer.Of(await lease.RunAsync(text, new QuietHandler(), cancellationToken), "shown")
            : ErrandResult.Failed(ReasonCodes.TerminalRefused, $"the terminal cannot show this text: its character set is {registrations.Charset}");
    }
}
