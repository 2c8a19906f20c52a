using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Trust;

namespace Fleet.Server.Dispatch;

/// <inheritdoc cref="IAgentPresence"/>
public sealed class AgentPresence(
    AgentBook book, CommandQueue queue, ConnectedAgents agents, DeliveryTurns turns, RenewalDesk renewals, ILogger<AgentPresence> logger) : IAgentPresence
{
    /// <inheritdoc/>
    public async Task<Refusal?> ConnectedAsync(TerminalId terminal, string certificateFingerprint, CancellationToken cancellationToken)
    {
        // Counted before the row is written, so that the end of an older connection does not undo it.
        agents.Enter(terminal);
        var admitted = false;
        try
        {
            var refusal = await book.ConnectedAsync(terminal, certificateFingerprint, cancellationToken);
            admitted = refusal is null;
            if (refusal is not null)
            {
                DispatchLog.AgentRefused(logger, terminal, refusal.Code);
            }

            return refusal;
        }
        finally
        {
            if (!admitted)
            {
                agents.Leave(terminal);
            }
        }
    }

    /// <inheritdoc/>
    public async Task DisconnectedAsync(TerminalId terminal, CancellationToken cancellationToken)
    {
        if (agents.Leave(terminal))
        {
            await book.DisconnectedAsync(terminal, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task ControlAsync(TerminalId terminal, AgentControl control, CancellationToken cancellationToken)
    {
        switch (control.BodyCase)
        {
            case AgentControl.BodyOneofCase.Hello:
                await book.HelloAsync(terminal, control.Hello, cancellationToken);
                agents.Greet(terminal);
                turns.Request(terminal, Occasion.Hello);
                break;
            case AgentControl.BodyOneofCase.Command:
                await queue.QuickEventAsync(terminal, control.Command, cancellationToken);
                break;
            case AgentControl.BodyOneofCase.Renewal:
                await renewals.AnswerAsync(terminal, control.Renewal, cancellationToken);
                break;
            case AgentControl.BodyOneofCase.None:
                DispatchLog.ControlUnknown(logger, terminal);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(control), control.BodyCase, "no such control message");
        }
    }
}
