using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>Display message: shown when no payment is running; it stays until something else is shown.</summary>
public sealed class DisplayErrand(PatientLine line) : ICommandErrand
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

        return TerminalAnswer.Of(await lease.RunAsync(TerminalText.Of(record.Message), new QuietHandler(), cancellationToken), "shown");
    }
}
