using System.Data.Common;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Settlement;

/// <summary>A settlement that a command asked for, and its comparison.</summary>
/// <param name="Version">Of the settlement's row: what is decided on it is only kept while it is the same.</param>
public sealed record CommandSettlement(
    string CommandId, CommandState CommandState, TerminalId Terminal, string Id, Counters Counters, SettlementState State, string Code, string Text,
    DateTimeOffset Received, long Version);

/// <summary>A closing command whose agent reported success, with everything its proof says.</summary>
/// <param name="Settlement">Null when no settlement of it is known.</param>
/// <param name="AgentWasToldBalanced">A verdict "balanced" was made for this settlement.</param>
/// <param name="Uncovered">Payments that no settlement covers.</param>
public sealed record PendingClosing(
    string CommandId, CommandState CommandState, CommandKind Kind, TerminalId Terminal, string Tid, string SerialNumber, EnforcementLevel Enforcement,
    CommandSettlement? Settlement, bool AgentWasToldBalanced, byte[] Epoch, long SettlementSequence, byte[] SettlementHash, long FinalSequence, byte[] FinalHash,
    DateTimeOffset Locked, long Uncovered);

/// <summary>A signed proof, ready to be kept.</summary>
public sealed record NewProof(byte[] Envelope, string KeyId, DateTimeOffset Issued);

/// <summary>The rows of verdicts and closing proofs.</summary>
public sealed class Closings(FleetDatabase database)
{
    private const string SettlementColumns = """
        s.command_id, c.state, s.terminal_id, s.id, s.terminal_count, s.terminal_minor, s.terminal_currency, s.journal_count, s.journal_minor,
        s.journal_currency, s.ledger_count, s.ledger_minor, s.ledger_currency, s.acquirer_count, s.acquirer_minor, s.acquirer_currency,
        s.state, s.difference_code, s.difference, s.received_at, s.version
        """;

    private DateTimeOffset Now => database.Clock.GetUtcNow();

    /// <summary>Settlements of commands that wait for a verdict, oldest first.</summary>
    public Task<List<CommandSettlement>> WithoutVerdictAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static (session, ct) => session.QueryAsync(
            $"""
            SELECT {SettlementColumns} FROM commands c JOIN settlements s ON s.command_id = c.id AND s.terminal_id = c.terminal_id
            WHERE c.is_open = 1 AND c.kind IN ('SettleAndLock', 'Retire') AND s.command_id <> '' AND s.verdict IS NULL ORDER BY s.ordinal
            """,
            [],
            ReadSettlement,
            ct),
        cancellationToken);

    /// <summary>Verdicts of a terminal's commands that have not moved on, as they were signed.</summary>
    public Task<List<byte[]>> VerdictsAsync(TerminalId terminal, CancellationToken cancellationToken) => database.ReadAsync(
        (session, ct) => session.QueryAsync(
            """
            SELECT s.verdict FROM commands c JOIN settlements s ON s.command_id = c.id AND s.terminal_id = c.terminal_id
            WHERE c.is_open = 1 AND c.terminal_id = $1 AND c.state <> 'Locking' AND c.closing_sequence IS NULL
                AND s.command_id <> '' AND s.verdict IS NOT NULL
            ORDER BY s.ordinal
            """,
            [terminal.Value],
            static row => row.Bytes(0),
            ct),
        cancellationToken);

    /// <summary>Keeps a signed verdict. False when the counters changed meanwhile: decide again.</summary>
    public Task<bool> KeepVerdictAsync(CommandSettlement settlement, byte[] envelope, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) => await session.ExecuteAsync(
            "UPDATE settlements SET verdict = $1, verdict_result = $2 WHERE terminal_id = $3 AND id = $4 AND version = $5 AND verdict IS NULL",
            [envelope, settlement.State.ToString(), settlement.Terminal.Value, settlement.Id, settlement.Version],
            ct) > 0,
        cancellationToken);

    /// <summary>Says on the command why it does not go on. The wait goes on all the same.</summary>
    public Task<bool> BlockAsync(string commandId, string reason, string detail, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) => await CommandRows.FindAsync(session, commandId, ct) is { } command
            && await CommandMoves.TryMoveAsync(session, command, CommandTrigger.AgentBlocked, MoveCause.Server(Now, reason, detail), ct) is not null,
        cancellationToken);

    /// <summary>An agent locked without a proof: the command is blocked and an alarm is raised.</summary>
    public Task<bool> RefuseLockAsync(PendingClosing closing, string detail, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            if (await CommandRows.FindAsync(session, closing.CommandId, ct) is not { } command
                || await CommandMoves.TryMoveAsync(
                    session, command, CommandTrigger.AgentBlocked, MoveCause.Server(Now, AlarmCodes.LockUnproven, detail), ct) is null)
            {
                return false;
            }

            await Alarms.RaiseAsync(
                session, closing.Terminal, Alarm.Types.Severity.Critical, AlarmCodes.LockUnproven, $"command {closing.CommandId}: {detail}", Alarms.FromServer, Now, ct);
            return true;
        },
        cancellationToken);

    /// <summary>Closing commands whose agents reported success and which are not closed yet.</summary>
    public Task<List<PendingClosing>> PendingAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (session, ct) =>
        {
            var commands = await session.QueryAsync(
                "SELECT id FROM commands WHERE is_open = 1 AND closing_sequence IS NOT NULL ORDER BY ordinal", [], static row => row.GetString(0), ct);
            var closings = new List<PendingClosing>(commands.Count);
            foreach (var id in commands)
            {
                closings.Add(await ReadClosingAsync(session, id, ct));
            }

            return closings;
        },
        cancellationToken);

    /// <summary>
    /// Closes: the proof, the command's success and the terminal's new state become true together. False when the settlement or the
    /// command changed meanwhile.
    /// </summary>
    public Task<bool> CloseAsync(PendingClosing closing, NewProof proof, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var now = Now;
            var same = await session.ScalarAsync(
                "SELECT COUNT(*) FROM settlements WHERE terminal_id = $1 AND id = $2 AND version = $3",
                [closing.Terminal.Value, closing.Settlement!.Id, closing.Settlement.Version],
                ct);
            if (same == 0 || await CommandRows.FindAsync(session, closing.CommandId, ct) is not { } command || CommandLifecycle.IsFinal(command.State))
            {
                return false;
            }

            await session.ExecuteAsync(
                "INSERT INTO closing_proofs (command_id, terminal_id, settlement_id, key_id, envelope, issued_at) VALUES ($1, $2, $3, $4, $5, $6)",
                [command.Id, closing.Terminal.Value, closing.Settlement.Id, proof.KeyId, proof.Envelope, Micros.Of(proof.Issued)],
                ct);
            await session.ExecuteAsync(
                "UPDATE commands SET has_proof = 1, settlement_id = $1 WHERE id = $2", [closing.Settlement.Id, command.Id], ct);
            await CommandMoves.TryMoveAsync(
                session, command, CommandTrigger.AgentSucceeded, new MoveCause(Actor.Agent(closing.Terminal), string.Empty, closing.Settlement.Text, now), ct);
            await TerminalMoves.TryMoveAsync(
                session, closing.Terminal, CommandEvidence.ClosedEvent(closing.Kind), Actor.Agent(closing.Terminal), $"{CommandKinds.Word(closing.Kind)} {command.Id}", now, ct);
            return true;
        },
        cancellationToken);

    private static async Task<PendingClosing> ReadClosingAsync(Session session, string commandId, CancellationToken cancellationToken)
    {
        var closing = await session.FirstAsync(
            """
            SELECT c.id, c.state, c.kind, c.terminal_id, t.tid, t.serial_number, c.enforcement, c.closing_sequence, c.closing_hash, c.closing_at,
                c.closing_journal_id
            FROM commands c JOIN terminals t ON t.id = c.terminal_id WHERE c.id = $1
            """,
            [commandId],
            static row => (Closing: new PendingClosing(
                row.GetString(0), row.Name<CommandState>(1), row.Name<CommandKind>(2), TerminalId.Parse(row.GetString(3)), row.GetString(4), row.GetString(5),
                row.Name<EnforcementLevel>(6), null, false, [], 0, [], row.GetInt64(7), row.Bytes(8), row.Time(9), 0),
                Journal: row.GetInt64(10)).ToTuple(),
            cancellationToken);
        var (pending, journal) = closing!;
        pending = pending with
        {
            Uncovered = await SettlementBook.CountUncoveredAsync(session, pending.Terminal, journal, pending.FinalSequence, cancellationToken),
        };
        if (await WithSettlementAsync(session, pending, "s.command_id = $1", commandId, cancellationToken) is { } own)
        {
            return own;
        }

        // A retire of a terminal that is locked already may have nothing to settle: then its last settlement stands for it.
        return pending.Kind == CommandKind.Retire
            && await WithSettlementAsync(session, pending, "s.terminal_id = $1", pending.Terminal.Value, cancellationToken) is { } last
            ? last
            : pending;
    }

    private static async Task<PendingClosing?> WithSettlementAsync(
        Session session, PendingClosing closing, string condition, string argument, CancellationToken cancellationToken)
    {
        var found = await session.FirstAsync(
            $"""
            SELECT {SettlementColumns}, s.sequence, s.chain_hash, j.epoch, s.verdict_result
            FROM settlements s JOIN journals j ON j.id = s.journal_id LEFT JOIN commands c ON c.id = s.command_id
            WHERE {condition} AND s.terminal_id = $2 ORDER BY s.ordinal DESC LIMIT 1
            """,
            [argument, closing.Terminal.Value],
            row => closing with
            {
                Settlement = ReadSettlement(row),
                SettlementSequence = row.GetInt64(21),
                SettlementHash = row.Bytes(22),
                Epoch = row.Bytes(23),
                AgentWasToldBalanced = row.GetString(24) == nameof(SettlementState.Balanced),
            },
            cancellationToken);
        return found;
    }

    private static CommandSettlement ReadSettlement(DbDataReader row) => new(
        row.GetString(0),
        row.IsDBNull(1) ? CommandState.Requested : row.Name<CommandState>(1),
        TerminalId.Parse(row.GetString(2)),
        row.GetString(3),
        new Counters(TallyOf(row, 4)!, TallyOf(row, 7)!, TallyOf(row, 10), TallyOf(row, 13)),
        row.Name<SettlementState>(16),
        row.GetString(17),
        row.GetString(18),
        row.Time(19),
        row.GetInt64(20));

    private static Tally? TallyOf(DbDataReader row, int first) => row.IsDBNull(first)
        ? null
        : new Tally(row.GetInt64(first), new Money(row.GetInt64(first + 1), row.GetString(first + 2)));
}
