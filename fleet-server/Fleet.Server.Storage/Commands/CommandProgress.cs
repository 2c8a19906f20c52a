using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;

namespace Fleet.Server.Storage.Commands;

/// <summary>Where the evidence stands: the journal entry that tells it, and the chain hash at it.</summary>
internal sealed record Evidence(long JournalId, long Sequence, byte[] ChainHash);

/// <summary>Applies what agents report on their commands.</summary>
internal static class CommandProgress
{
    /// <summary>
    /// The quick copy of an event, ahead of the journal. It shows progress; it proves nothing, so it never ends a command and never moves a
    /// terminal.
    /// </summary>
    public static async Task ApplyQuickAsync(
        Session session, TerminalId terminal, CommandEvent reported, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var command = await CommandRows.FindAsync(session, reported.CommandId, cancellationToken);
        if (command is not null && command.Terminal == terminal && !CommandEvidence.IsLast(reported.Stage))
        {
            await MoveAsync(session, command, reported, now, cancellationToken);
        }
    }

    /// <summary>An event of the journal: the evidence.</summary>
    public static async Task ApplyAsync(
        Session session, TerminalId terminal, CommandEvent reported, Evidence evidence, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var command = await CommandRows.FindAsync(session, reported.CommandId, cancellationToken);
        if (command is null || command.Terminal != terminal)
        {
            await Alarms.RaiseAsync(
                session, terminal, Alarm.Types.Severity.Warning, AlarmCodes.CommandForeign, $"{reported.Stage} of command {Cut(reported.CommandId)}", Alarms.FromServer, now,
                cancellationToken);
            return;
        }

        await NoteAsync(session, command, reported, cancellationToken);
        if (reported.Reason == ReasonCodes.TooLateToCancel)
        {
            await CancelRefusedAsync(session, command, reported, now, cancellationToken);
            return;
        }

        if (reported.Stage == CommandStage.Succeeded && CommandKinds.ClosesBatch(command.Kind))
        {
            await KeepClosingAsync(session, command, evidence, now, cancellationToken);
            return;
        }

        if (CommandLifecycle.IsFinal(command.State))
        {
            await LateAsync(session, command, reported, now, cancellationToken);
        }
        else
        {
            await MoveAsync(session, command, reported, now, cancellationToken);
        }

        if (CommandEvidence.TerminalEventOf(command.Kind, reported.Stage) is { } happened)
        {
            var reason = $"{CommandKinds.Word(command.Kind)} {command.Id}";
            await TerminalMoves.TryMoveAsync(session, terminal, happened, Actor.Agent(terminal), reason, now, cancellationToken);
        }
    }

    // The agent's definite no to a cancel: the stage it names was told by its own event before.
    private static async Task CancelRefusedAsync(
        Session session, CommandRow command, CommandEvent reported, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var asked = await session.ExecuteAsync("UPDATE commands SET cancel_reason = '' WHERE id = $1 AND cancel_reason <> ''", [command.Id], cancellationToken) > 0;
        if (asked)
        {
            await CommandMoves.RemarkAsync(session, command, new MoveCause(Actor.Agent(command.Terminal), reported.Reason, reported.Detail, now), cancellationToken);
        }
    }

    private static async Task MoveAsync(
        Session session, CommandRow command, CommandEvent reported, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (CommandEvidence.TriggerOf(reported.Stage, reported.Reason) is not { } trigger)
        {
            return;
        }

        var cause = new MoveCause(Actor.Agent(command.Terminal), reported.Reason, reported.Detail, now);
        var moved = await CommandMoves.TryMoveAsync(session, command, trigger, cause, cancellationToken);
        if (moved is null && reported.Stage == CommandStage.Blocked && command.State == CommandState.Blocked && command.StateReason != reported.Reason)
        {
            await CommandMoves.RemarkAsync(session, command, cause, cancellationToken);
        }
    }

    private static async Task NoteAsync(Session session, CommandRow command, CommandEvent reported, CancellationToken cancellationToken)
    {
        if (reported.Enforcement != EnforcementLevel.Unspecified || reported.SettlementId.Length > 0)
        {
            await session.ExecuteAsync(
                """
                UPDATE commands SET enforcement = CASE WHEN $1 = 'Unspecified' THEN enforcement ELSE $1 END,
                    settlement_id = CASE WHEN $2 = '' THEN settlement_id ELSE $2 END
                WHERE id = $3
                """,
                [reported.Enforcement.ToString(), reported.SettlementId, command.Id],
                cancellationToken);
        }

        // A repeated answer carries neither; the first one stands.
        if (reported.Report.Length > 0 || reported.Attachment is not null)
        {
            await session.ExecuteAsync(
                "UPDATE commands SET report = $1, attachment_name = $2, attachment = $3 WHERE id = $4",
                [reported.Report, reported.Attachment?.Name ?? string.Empty, reported.Attachment?.Content.ToByteArray(), command.Id],
                cancellationToken);
        }
    }

    // The lock is evidence, but a closing command succeeds only together with its proof: see Closings.
    private static async Task KeepClosingAsync(
        Session session, CommandRow command, Evidence evidence, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "UPDATE commands SET closing_journal_id = $1, closing_sequence = $2, closing_hash = $3, closing_at = $4 WHERE id = $5",
            [evidence.JournalId, evidence.Sequence, evidence.ChainHash, Micros.Of(now), command.Id],
            cancellationToken);
        session.Touch(Topic.Settlements, command.Terminal.Value);
    }

    private static async Task LateAsync(
        Session session, CommandRow command, CommandEvent reported, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var detail = $"the agent reports {reported.Stage} {reported.Reason}".TrimEnd();
        var cause = new MoveCause(Actor.Agent(command.Terminal), AlarmCodes.LateResult, detail, now);
        await CommandMoves.RemarkAsync(session, command, cause, cancellationToken);
        await Alarms.RaiseAsync(
            session, command.Terminal, Alarm.Types.Severity.Critical, AlarmCodes.LateResult, $"command {command.Id} is {command.State}; {detail}", Alarms.FromServer, now,
            cancellationToken);
    }

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40];
}
