using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Trust;
using Google.Protobuf;

namespace Fleet.Server.Storage.Commands;

/// <inheritdoc cref="IApprovalDesk"/>
public sealed class ApprovalDesk(FleetDatabase database) : IApprovalDesk
{
    /// <inheritdoc/>
    public Task<Answer<CommandView>> ApproveAsync(string commandId, ApprovalWord word, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync((session, ct) => ApproveAsync(session, commandId, word, actor, ct), cancellationToken);

    /// <inheritdoc/>
    public Task<Answer<CommandView>> RejectAsync(string commandId, string reason, Actor actor, CancellationToken cancellationToken) =>
        string.IsNullOrWhiteSpace(reason) || reason.Length > CommandRequest.MaximumReasonLength
            ? Task.FromResult<Answer<CommandView>>(Refusal.Invalid("reason", $"Say why, in at most {CommandRequest.MaximumReasonLength} characters."))
            : database.WriteAsync<Answer<CommandView>>(
                async (session, ct) =>
                {
                    if (await CommandRows.FindAsync(session, commandId, ct) is not { } command)
                    {
                        return Missing(commandId);
                    }

                    var cause = new MoveCause(actor, ReasonCodes.ApprovalRejected, reason, database.Clock.GetUtcNow());
                    return command.State != CommandState.AwaitingApproval || await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Cancel, cause, ct) is null
                        ? NotAwaiting(command)
                        : (await CommandRows.ViewAsync(session, commandId, ct))!;
                },
                cancellationToken);

    private static Refusal Missing(string commandId) => Refusal.Missing($"commands/{commandId}");

    private static Refusal NotAwaiting(CommandRow command) =>
        Refusal.Gate(ReasonCodes.StateForbids, $"commands/{command.Id}", $"The command is {command.State} and awaits no approval.");

    private async Task<Answer<CommandView>> ApproveAsync(Session session, string commandId, ApprovalWord word, Actor actor, CancellationToken cancellationToken)
    {
        if (await CommandRows.FindAsync(session, commandId, cancellationToken) is not { } command)
        {
            return Missing(commandId);
        }

        if ((await ApprovalRows.SignaturesAsync(session, commandId, cancellationToken)).Any(s => s.KeyId == word.KeyId && s.Value.Span.SequenceEqual(word.Value)))
        {
            return (await CommandRows.ViewAsync(session, commandId, cancellationToken))!;
        }

        var now = database.Clock.GetUtcNow();
        if (command.State != CommandState.AwaitingApproval || now >= command.Expires)
        {
            return NotAwaiting(command);
        }

        var bundle = await TrustBook.InForceAsync(session, cancellationToken) ?? new TrustBundle();
        var requester = new Actor(ActorKind.Operator, command.Requester);
        if (ApprovalRules.Check(commandId, bundle, word, command.Order, requester, actor) is { } refusal)
        {
            return refusal;
        }

        await ApprovalRows.KeepAsync(session, commandId, word, actor.Name, now, cancellationToken);
        await ReleaseAsync(session, command, bundle, new MoveCause(actor, string.Empty, $"approved with key {word.KeyId}", now), cancellationToken);
        return (await CommandRows.ViewAsync(session, commandId, cancellationToken))!;
    }

    // Counted by the bundle in force now: an approver who left it since counts no more.
    private static async Task ReleaseAsync(Session session, CommandRow command, TrustBundle bundle, MoveCause cause, CancellationToken cancellationToken)
    {
        var signatures = await ApprovalRows.SignaturesAsync(session, command.Id, cancellationToken);
        var approvers = Approvals.Approvers(bundle, CommandMessage.Of(command), command.Order, signatures);
        if (approvers.Count < Math.Max(command.ApprovalsNeeded, Approvals.Needed(bundle, command.Kind)))
        {
            await CommandMoves.RemarkAsync(session, command, cause, cancellationToken);
            return;
        }

        var carried = new SignedEnvelope { Approvals = { signatures } };
        await session.ExecuteAsync("UPDATE commands SET approvals = $1 WHERE id = $2", [carried.ToByteArray(), command.Id], cancellationToken);
        if (await CommandRelease.CheckAsync(session, command.Terminal, command.Kind, command.Id, cause.Time, cancellationToken) is { } gate)
        {
            // The world has changed since it was asked for.
            await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Cancel, MoveCause.Server(cause.Time, gate.Code, gate.Text), cancellationToken);
        }
        else if (command.NotBefore > cause.Time)
        {
            await CommandRelease.DeferAsync(session, command, cause, cancellationToken);
        }
        else
        {
            await CommandRelease.QueueAsync(session, command, cause, cancellationToken);
        }
    }
}
