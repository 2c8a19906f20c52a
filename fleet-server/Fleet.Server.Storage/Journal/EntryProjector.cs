using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Settlement;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Storage.Transactions;
using Google.Protobuf;

namespace Fleet.Server.Storage.Journal;

/// <summary>Turns journal entries into rows, in the transaction that stores them.</summary>
internal sealed class EntryProjector(Session session, TerminalId terminal, long journalId, AcquirerPolicy policy, DateTimeOffset now)
{
    private readonly LedgerWriter _ledger = new(session, terminal, journalId, policy, now);

    public async Task ProjectAsync(IReadOnlyList<ChainedEntry> entries, CancellationToken cancellationToken)
    {
        var superseded = SupersededIntents.In(entries);
        for (var i = 0; i < entries.Count; i++)
        {
            if (!superseded.Contains(i))
            {
                await ProjectAsync(entries[i], cancellationToken);
            }
        }
    }

    private Task ProjectAsync(ChainedEntry chained, CancellationToken cancellationToken)
    {
        var entry = chained.Content;
        var sequence = (long)entry.Sequence;
        return entry.BodyCase switch
        {
            JournalEntry.BodyOneofCase.Intent => _ledger.AnnounceAsync(entry.Intent, entry, cancellationToken),
            JournalEntry.BodyOneofCase.Transaction => _ledger.BookAsync(entry.Transaction, entry, cancellationToken),
            JournalEntry.BodyOneofCase.Settlement => SettleAsync(entry.Settlement, sequence, chained.ChainHash, cancellationToken),
            JournalEntry.BodyOneofCase.Command => CommandProgress.ApplyAsync(
                session, terminal, entry.Command, new Evidence(journalId, sequence, chained.ChainHash), now, cancellationToken),
            JournalEntry.BodyOneofCase.Gate => GateAsync(entry.Gate, entry.Stamp?.WallUnixMicros ?? 0, cancellationToken),
            JournalEntry.BodyOneofCase.Health => HealthAsync(entry.Health, cancellationToken),
            JournalEntry.BodyOneofCase.Alarm => Alarms.RaiseAsync(
                session, terminal, entry.Alarm.Severity, entry.Alarm.Code, entry.Alarm.Detail, Alarms.FromAgent, now, cancellationToken),
            JournalEntry.BodyOneofCase.Identity => IdentityAsync(entry.Identity, cancellationToken),
            JournalEntry.BodyOneofCase.EpochStarted => EpochAsync(entry.EpochStarted, cancellationToken),

            // An entry of a newer agent: kept byte for byte, understood after an update of the server.
            JournalEntry.BodyOneofCase.None => Task.CompletedTask,
            _ => throw new ArgumentOutOfRangeException(nameof(chained), entry.BodyCase, "no such entry"),
        };
    }

    private async Task SettleAsync(Contracts.Link.V1.Settlement settlement, long sequence, byte[] chainHash, CancellationToken cancellationToken)
    {
        var place = new SettlementPlace(terminal, journalId, sequence, chainHash, now);
        if (!await SettlementBook.KeepAsync(session, settlement, place, policy, cancellationToken))
        {
            await AlarmAsync(AlarmCodes.SettlementRepeated, $"settlement {settlement.SettlementId} again at entry {sequence}", cancellationToken);
            return;
        }

        if (settlement.CommandId.Length > 0)
        {
            await session.ExecuteAsync(
                "UPDATE commands SET settlement_id = $1, version = $2 WHERE id = $3 AND terminal_id = $4",
                [settlement.SettlementId, await session.NextVersionAsync(cancellationToken), settlement.CommandId, terminal.Value],
                cancellationToken);
            session.Touch(Topic.Commands, terminal.Value);
        }
    }

    private async Task GateAsync(GateChange gate, long agentMicros, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            """
            INSERT INTO gate_changes (terminal_id, from_gate, to_gate, reason, command_id, agent_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [terminal.Value, gate.From.ToString(), gate.To.ToString(), gate.Reason, gate.CommandId, agentMicros, Micros.Of(now)],
            cancellationToken);
        await session.ExecuteAsync("UPDATE terminals SET gate = $1 WHERE id = $2", [gate.To.ToString(), terminal.Value], cancellationToken);
        if (CommandEvidence.TerminalEventOf(gate.To) is { } happened)
        {
            await TerminalMoves.TryMoveAsync(session, terminal, happened, Actor.Agent(terminal), $"gate: {gate.Reason}", now, cancellationToken);
        }
    }

    // What an agent says of unsent entries in its journal is over once the entry is here; Hello tells what is left.
    private async Task HealthAsync(HealthReport health, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            """
            UPDATE terminals SET link = $1, terminal_status = $2, agent_version = $3, last_contact_at = $4, version = $5, health = $6, health_at = $4
            WHERE id = $7
            """,
            [
                health.Link.ToString(), (long)health.TerminalStatus, health.AgentVersion, Micros.Of(now), await session.NextVersionAsync(cancellationToken),
                health.ToByteArray(), terminal.Value,
            ],
            cancellationToken);
        session.Touch(Topic.Terminals, terminal.Value);
    }

    private async Task IdentityAsync(TerminalIdentity identity, CancellationToken cancellationToken)
    {
        var row = await TerminalRows.FindAsync(session, terminal, cancellationToken);
        if (row is { SerialNumber.Length: > 0 } && row.SerialNumber != identity.SerialNumber)
        {
            await AlarmAsync(
                ReasonCodes.TerminalSubstituted, $"serial number {identity.SerialNumber} answers where {row.SerialNumber} was", cancellationToken);
        }

        await session.ExecuteAsync(
            """
            UPDATE terminals SET tid = $1, serial_number = $2, model = $3, software = $4, updated_at = $5, version = $6
            WHERE id = $7 AND (tid <> $1 OR serial_number <> $2 OR model <> $3 OR software <> $4)
            """,
            [
                identity.Tid, identity.SerialNumber, identity.Model, identity.Software, Micros.Of(now), await session.NextVersionAsync(cancellationToken),
                terminal.Value,
            ],
            cancellationToken);
        session.Touch(Topic.Terminals, terminal.Value);
        await TerminalMoves.TryMoveAsync(
            session, terminal, TerminalEvent.DeviceIdentified, Actor.Agent(terminal), $"serial number {identity.SerialNumber} answers", now, cancellationToken);
    }

    private async Task EpochAsync(EpochStarted started, CancellationToken cancellationToken)
    {
        if (started.Reason != EpochStarted.Types.Reason.PreviousDamaged)
        {
            return;
        }

        var through = await session.ScalarAsync(
            "SELECT through FROM journals WHERE terminal_id = $1 AND epoch = $2", [terminal.Value, started.PreviousEpoch.ToByteArray()], cancellationToken);
        var missing = Math.Max(0, (decimal)started.PreviousLastSequence - through);
        await AlarmAsync(
            ReasonCodes.JournalDamaged,
            $"journal {EpochText.Of(started.PreviousEpoch.Span)} was set aside; {missing} of its {started.PreviousLastSequence} entries had not arrived",
            cancellationToken);
    }

    private Task AlarmAsync(string code, string detail, CancellationToken cancellationToken) =>
        Alarms.RaiseAsync(session, terminal, Alarm.Types.Severity.Critical, code, detail, Alarms.FromServer, now, cancellationToken);
}
