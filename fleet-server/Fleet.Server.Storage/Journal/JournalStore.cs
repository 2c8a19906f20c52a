using System.Buffers;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;
using Google.Protobuf;

namespace Fleet.Server.Storage.Journal;

/// <summary>
/// The agents' journals, byte for byte, and what follows from them, in one transaction. One high-water mark per (terminal, epoch) makes it
/// idempotent: an entry is projected exactly once.
/// </summary>
public sealed class JournalStore(FleetDatabase database, AcquirerPolicy policy)
{
    private sealed record Head(long Id, long Through, byte[] Hash, TerminalState State, long Unsent);

    /// <summary>Stores a run; completes after the commit.</summary>
    public Task<AppendResult> AppendAsync(JournalRun run, CancellationToken cancellationToken) =>
        database.WriteAsync((session, ct) => AppendAsync(session, run, ct), cancellationToken);

    /// <summary>Refuses a batch that is broken by itself, with an alarm.</summary>
    public Task<AppendResult> RefuseAsync(TerminalId terminal, byte[] epoch, string detail, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var head = await HeadAsync(session, terminal, epoch, ct);
            return await BrokenAsync(session, terminal, head, detail, ct);
        },
        cancellationToken);

    /// <summary>Stored entries of an epoch from a sequence on, at most so many, as the agent wrote them.</summary>
    public Task<List<ByteString>> ReadAsync(TerminalId terminal, byte[] epoch, long from, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, ct) => await HeadAsync(session, terminal, epoch, ct) is { Id: > 0 } head
                ? await ReadAsync(session, head.Id, from, limit, ct)
                : [],
            cancellationToken);

    private async Task<AppendResult> AppendAsync(Session session, JournalRun run, CancellationToken cancellationToken)
    {
        var head = await HeadAsync(session, run.Terminal, run.Epoch, cancellationToken);
        if (head is null)
        {
            return new AppendResult(AppendOutcome.Broken, 0, $"Terminal {run.Terminal} is not registered here.");
        }

        if (run.First > head.Through + 1)
        {
            return new AppendResult(AppendOutcome.Gap, head.Through, $"{head.Through + 1} was expected, {run.First} came.");
        }

        if (await CheckChainAsync(session, head, run, cancellationToken) is { } fault)
        {
            return await BrokenAsync(session, run.Terminal, head, fault, cancellationToken);
        }

        if (run.Last <= head.Through)
        {
            return new AppendResult(AppendOutcome.Stored, head.Through, string.Empty);
        }

        await StoreAsync(session, head, run, cancellationToken);
        return new AppendResult(AppendOutcome.Stored, run.Last, string.Empty);
    }

    private async Task StoreAsync(Session session, Head head, JournalRun run, CancellationToken cancellationToken)
    {
        var now = database.Clock.GetUtcNow();
        var skip = (int)(head.Through + 1 - run.First);
        var fresh = skip == 0 ? run.Entries : [.. run.Entries.Skip(skip)];
        if (head.Id == 0)
        {
            head = head with { Id = await BeginEpochAsync(session, run, now, cancellationToken) };
        }

        await InsertRunAsync(session, head, run.Last, fresh, now, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE journals SET through = $1, head_hash = $2, received_at = $3 WHERE id = $4",
            [run.Last, fresh[^1].ChainHash, Micros.Of(now), head.Id],
            cancellationToken);
        await new EntryProjector(session, run.Terminal, head.Id, policy, now).ProjectAsync(fresh, cancellationToken);
        if (head.State == TerminalState.Retired && fresh.Any(static e => e.Content.BodyCase == JournalEntry.BodyOneofCase.Transaction))
        {
            // Kept all the same: money that was moved is never dropped.
            await Alarms.RaiseAsync(
                session, run.Terminal, Alarm.Types.Severity.Critical, ReasonCodes.RetiredContact, "payments of a retired terminal arrived", Alarms.FromServer, now,
                cancellationToken);
        }

        if (head.Unsent > 0)
        {
            await session.ExecuteAsync(
                "UPDATE terminals SET unsent_entries = $1, version = $2 WHERE id = $3",
                [Math.Max(0, head.Unsent - fresh.Count), await session.NextVersionAsync(cancellationToken), run.Terminal.Value],
                cancellationToken);
            session.Touch(Topic.Terminals, run.Terminal.Value);
        }
    }

    // A run may be longer than the arrays that a collection is cheap for.
    private static async Task InsertRunAsync(
        Session session, Head head, long last, IReadOnlyList<ChainedEntry> entries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var length = RunBytes.Length(entries);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            RunBytes.Write(entries, bytes);
            await session.ExecuteAsync(
                "INSERT INTO journal_runs (journal_id, first_sequence, last_sequence, received_at, entries) VALUES ($1, $2, $3, $4, $5)",
                [head.Id, head.Through + 1, last, Micros.Of(now), new ReadOnlyMemory<byte>(bytes, 0, length)],
                cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    // The hash over an overlap proves the overlap. A run that lies below the head altogether is compared byte by byte.
    private static async Task<string?> CheckChainAsync(Session session, Head head, JournalRun run, CancellationToken cancellationToken)
    {
        if (run.Last < head.Through)
        {
            var stored = await ReadAsync(session, head.Id, run.First, run.Entries.Count, cancellationToken);
            return stored.SequenceEqual(run.Entries.Select(static e => e.Bytes)) ? null : $"Entries {run.First} to {run.Last} are stored with other content.";
        }

        var hashAtHead = run.First == head.Through + 1 ? run.PreviousHash : run.Entries[(int)(head.Through - run.First)].ChainHash;
        return hashAtHead.AsSpan().SequenceEqual(head.Hash) ? null : $"The chain hash at entry {head.Through} is not the one stored here.";
    }

    private static async Task<List<ByteString>> ReadAsync(Session session, long journalId, long from, int limit, CancellationToken cancellationToken)
    {
        var runs = await session.QueryAsync(
            """
            SELECT first_sequence, entries FROM journal_runs
            WHERE journal_id = $1 AND first_sequence < $3
                AND first_sequence >= COALESCE((SELECT MAX(first_sequence) FROM journal_runs WHERE journal_id = $1 AND first_sequence <= $2), 0)
            ORDER BY first_sequence
            """,
            [journalId, from, from + limit],
            static row => (First: row.GetInt64(0), Entries: RunBytes.Read(row.Bytes(1))),
            cancellationToken);
        return [.. runs.SelectMany(run => run.Entries.Where((_, i) => run.First + i >= from && run.First + i < from + limit))];
    }

    private async Task<AppendResult> BrokenAsync(Session session, TerminalId terminal, Head? head, string detail, CancellationToken cancellationToken)
    {
        if (head is not null)
        {
            await Alarms.RaiseAsync(
                session, terminal, Alarm.Types.Severity.Critical, ReasonCodes.ChainBroken, detail, Alarms.FromServer, database.Clock.GetUtcNow(), cancellationToken);
        }

        return new AppendResult(AppendOutcome.Broken, head?.Through ?? 0, detail);
    }

    // A journal that names its predecessor comes after it, even if entries of the predecessor are salvaged and sent later.
    private static async Task<long> BeginEpochAsync(Session session, JournalRun run, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (run.Entries[0].Content.EpochStarted is { PreviousEpoch.Length: 16 } started)
        {
            await InsertJournalAsync(session, run.Terminal, started.PreviousEpoch.ToByteArray(), now, cancellationToken);
        }

        await InsertJournalAsync(session, run.Terminal, run.Epoch, now, cancellationToken);
        return await session.ScalarAsync(
            "SELECT id FROM journals WHERE terminal_id = $1 AND epoch = $2", [run.Terminal.Value, run.Epoch], cancellationToken);
    }

    private static Task<int> InsertJournalAsync(Session session, TerminalId terminal, byte[] epoch, DateTimeOffset now, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            INSERT INTO journals (terminal_id, epoch, through, head_hash, created_at, received_at) VALUES ($1, $2, 0, $3, $4, $4)
            ON CONFLICT (terminal_id, epoch) DO NOTHING
            """,
            [terminal.Value, epoch, JournalChain.Genesis.ToArray(), Micros.Of(now)],
            cancellationToken);

    private static Task<Head?> HeadAsync(Session session, TerminalId terminal, byte[] epoch, CancellationToken cancellationToken) =>
        session.FirstAsync(
            """
            SELECT j.id, j.through, j.head_hash, t.state, t.unsent_entries FROM terminals t
            LEFT JOIN journals j ON j.terminal_id = t.id AND j.epoch = $2 WHERE t.id = $1
            """ + (session.RowLock.Length == 0 ? string.Empty : session.RowLock + " OF t"),
            [terminal.Value, epoch],
            static row => row.IsDBNull(0)
                ? new Head(0, 0, JournalChain.Genesis.ToArray(), row.Name<TerminalState>(3), row.GetInt64(4))
                : new Head(row.GetInt64(0), row.GetInt64(1), row.Bytes(2), row.Name<TerminalState>(3), row.GetInt64(4)),
            cancellationToken);
}
