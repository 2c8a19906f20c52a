using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;
using Fleet.Server.Storage.Trust;
using Google.Protobuf;

namespace Fleet.Server.Storage.Commands;

/// <inheritdoc cref="ICommandDesk"/>
public sealed class CommandDesk(FleetDatabase database) : ICommandDesk
{
    private const string CreateScope = "commands.create";

    private static readonly Dictionary<string, FilterField> Fields = new(StringComparer.Ordinal)
    {
        ["terminal"] = FilterField.Terminal("c.terminal_id"),
        ["state"] = FilterField.Word<CommandState>("c.state"),
        ["kind"] = FilterField.Word<CommandKind>("c.kind"),
    };

    private DateTimeOffset Now => database.Clock.GetUtcNow();

    /// <inheritdoc/>
    public async Task<Answer<CommandView>> CreateAsync(NewCommand command, bool validateOnly, Actor actor, CancellationToken cancellationToken)
    {
        var now = Now;
        if (CommandRequest.Check(command, now) is { } refusal)
        {
            return refusal;
        }

        var draft = Draft(command, actor, now);
        return validateOnly
            ? await database.ReadAsync<Answer<CommandView>>(
                async (session, ct) => await CommandRelease.CheckAsync(session, command.Terminal, command.Kind, string.Empty, now, ct) is { } gate
                    ? gate
                    : await NeededAsync(session, command.Kind, ct) is > 0 and var needed
                        ? draft with { State = CommandState.AwaitingApproval, Approvals = new ApprovalView(needed, [], []) }
                        : draft,
                cancellationToken)
            : await database.WriteAsync((session, ct) => CreateAsync(session, command, draft, ct), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Answer<CommandView>> GetAsync(string commandId, CancellationToken cancellationToken)
    {
        var view = await database.ReadAsync((session, ct) => CommandRows.ViewAsync(session, commandId, ct), cancellationToken);
        return view is null ? Missing(commandId) : view;
    }

    /// <inheritdoc/>
    public async Task<Answer<Page<CommandView>>> ListAsync(ListQuery query, CancellationToken cancellationToken)
    {
        var filter = new SqlFilter();
        if (filter.Add(query.Filter, Fields) is { } refusal)
        {
            return refusal;
        }

        var place = new OrdinalPage("commands:" + query.Filter, query);
        if (place.Continue(filter, "c.ordinal") is { } wrong)
        {
            return wrong;
        }

        var rows = await database.ReadAsync((session, ct) => CommandRows.ListAsync(session, filter, place.Limit, ct), cancellationToken);
        return place.Cut(rows);
    }

    /// <inheritdoc/>
    public Answer<IChangeFeed<CommandView>> Watch(string commandId) => Answers.Of<IChangeFeed<CommandView>>(new CommandFeed(database, commandId));

    /// <inheritdoc/>
    public Task<Answer<CancelAnswer>> CancelAsync(string commandId, string reason, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync((session, ct) => CancelAsync(session, commandId, reason, actor, ct), cancellationToken);

    /// <inheritdoc/>
    public Task<Answer<StoredProof>> GetClosingProofAsync(string commandId, CancellationToken cancellationToken) =>
        database.ReadAsync<Answer<StoredProof>>(
            async (session, ct) =>
            {
                var proof = await session.FirstAsync(
                    "SELECT envelope, key_id FROM closing_proofs WHERE command_id = $1",
                    [commandId],
                    static row => new StoredProof(row.Bytes(0), row.GetString(1)),
                    ct);
                return proof switch
                {
                    not null => proof,
                    null when await CommandRows.FindAsync(session, commandId, ct) is { } command => Refusal.Gate(
                        RefusalCodes.NoClosingProof,
                        $"commands/{commandId}",
                        CommandKinds.ClosesBatch(command.Kind)
                            ? $"The command is {command.State}; its proof is made when it succeeds."
                            : $"{CommandKinds.Word(command.Kind)} closes no batch and has no closing proof."),
                    _ => Missing(commandId),
                };
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<Answer<StoredAttachment>> GetAttachmentAsync(string commandId, CancellationToken cancellationToken) =>
        database.ReadAsync<Answer<StoredAttachment>>(
            async (session, ct) =>
            {
                var attachment = await session.FirstAsync(
                    "SELECT attachment_name, attachment FROM commands WHERE id = $1 AND attachment IS NOT NULL",
                    [commandId],
                    static row => new StoredAttachment(row.GetString(0), row.Bytes(1)),
                    ct);
                return attachment switch
                {
                    not null => attachment,
                    null when await CommandRows.FindAsync(session, commandId, ct) is { } command => Refusal.Gate(
                        RefusalCodes.NoAttachment, $"commands/{commandId}", $"The command is {command.State} and its result has no file."),
                    _ => Missing(commandId),
                };
            },
            cancellationToken);

    private static async Task<Answer<CommandView>> CreateAsync(Session session, NewCommand command, CommandView draft, CancellationToken cancellationToken)
    {
        var fingerprint = string.Join(
            '\n', command.Terminal, command.Kind, command.Reason, command.Message, command.TimeToLive?.Ticks, command.NotBefore?.UtcTicks,
            Convert.ToBase64String(command.Parameters.ToByteArray()));
        if (await Requests.FindAsync(session, CreateScope, command.RequestId, fingerprint, cancellationToken) is { } before)
        {
            return before.TryGet(out var found, out var reused) ? (await CommandRows.ViewAsync(session, found.Resource, cancellationToken))! : reused;
        }

        if (await CommandRelease.CheckAsync(session, command.Terminal, command.Kind, string.Empty, draft.Created, cancellationToken) is { } gate)
        {
            return gate;
        }

        await InsertAsync(session, draft, cancellationToken);
        var row = (await CommandRows.FindAsync(session, draft.Id, cancellationToken))!;
        var cause = new MoveCause(draft.Requester, string.Empty, draft.Reason, draft.Created);
        if (await NeededAsync(session, draft.Kind, cancellationToken) is > 0 and var needed)
        {
            // What approvers sign is fixed here, byte for byte.
            var order = Approvals.OrderOf(CommandMessage.Of(row)).ToByteArray();
            await session.ExecuteAsync("UPDATE commands SET approvals_needed = $1, approval_order = $2 WHERE id = $3", [needed, order, draft.Id], cancellationToken);
            await CommandMoves.TryMoveAsync(session, row, CommandTrigger.ApprovalNeeded, cause, cancellationToken);
        }
        else if (draft.State == CommandState.Scheduled)
        {
            await CommandRelease.DeferAsync(session, row, cause, cancellationToken);
        }
        else
        {
            await CommandRelease.QueueAsync(session, row, cause, cancellationToken);
        }

        await Requests.KeepAsync(session, CreateScope, command.RequestId, fingerprint, draft.Id, Micros.Of(draft.Created), cancellationToken);
        return (await CommandRows.ViewAsync(session, draft.Id, cancellationToken))!;
    }

    private static async Task<int> NeededAsync(Session session, CommandKind kind, CancellationToken cancellationToken) =>
        await TrustBook.InForceAsync(session, cancellationToken) is { } bundle ? Approvals.Needed(bundle, kind) : 0;

    private static async Task InsertAsync(Session session, CommandView draft, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            """
            INSERT INTO commands (id, terminal_id, kind, state, is_open, state_reason, state_detail, reason, message, requester, counter, not_before,
                expires_at, enforcement, settlement_id, envelope, cancel_reason, cancel_envelope, closing_journal_id, closing_sequence, closing_hash,
                closing_at, has_proof, created_at, updated_at, version, parameters)
            VALUES ($1, $2, $3, 'Requested', 1, '', '', $4, $5, $6, 0, $7, $8, 'Unspecified', '', NULL, '', NULL, NULL, NULL, NULL, NULL, 0, $9, $9, $10, $11)
            """,
            [
                draft.Id, draft.Terminal.Value, draft.Kind.ToString(), draft.Reason, draft.Message, draft.Requester.ToString(),
                draft.NotBefore is { } start ? Micros.Of(start) : null, Micros.Of(draft.Expires), Micros.Of(draft.Created),
                await session.NextVersionAsync(cancellationToken), draft.Parameters.ToByteArray(),
            ],
            cancellationToken);

    private async Task<Answer<CancelAnswer>> CancelAsync(
        Session session, string commandId, string reason, Actor actor, CancellationToken cancellationToken)
    {
        if (await CommandRows.FindAsync(session, commandId, cancellationToken) is not { } command)
        {
            return Missing(commandId);
        }

        var words = string.IsNullOrWhiteSpace(reason) ? "withdrawn" : reason;
        var cause = new MoveCause(actor, string.Empty, words, Now);
        if (await CommandMoves.TryMoveAsync(session, command, CommandTrigger.Cancel, cause, cancellationToken) is not null
            || command.State == CommandState.Cancelled)
        {
            return new CancelAnswer(CancelOutcome.Cancelled, (await CommandRows.ViewAsync(session, commandId, cancellationToken))!);
        }

        if (!AgentMayStillDropIt(command.State))
        {
            return Refusal.Gate(
                ReasonCodes.TooLateToCancel, $"commands/{commandId}", $"The command is {command.State}; it can no longer be taken back.");
        }

        await CommandWithdrawal.AskAsync(session, command, cause, cancellationToken);
        return new CancelAnswer(CancelOutcome.AgentAsked, (await CommandRows.ViewAsync(session, commandId, cancellationToken))!);
    }

    private static bool AgentMayStillDropIt(CommandState state) =>
        state is CommandState.Sent or CommandState.Unknown or CommandState.Accepted or CommandState.Blocked;

    private static CommandView Draft(NewCommand command, Actor actor, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString(),
        Terminal = command.Terminal,
        Kind = command.Kind,
        State = command.NotBefore > now ? CommandState.Scheduled : CommandState.Queued,
        StateReason = string.Empty,
        StateDetail = string.Empty,
        Reason = command.Reason,
        Message = command.Message,
        Parameters = command.Parameters,
        Requester = actor,
        Created = now,
        Updated = now,
        NotBefore = command.NotBefore,
        Expires = now + (command.TimeToLive ?? CommandRequest.DefaultTimeToLive),
        Counter = 0,
        Enforcement = EnforcementLevel.Unspecified,
        SettlementId = string.Empty,
        Counters = null,
        HasClosingProof = false,
        CancelRequested = false,
        Moves = [],
        Etag = string.Empty,
    };

    private static Refusal Missing(string commandId) => Refusal.Missing($"commands/{commandId}");
}
