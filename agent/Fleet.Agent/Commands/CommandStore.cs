using System.Collections.Immutable;
using System.Text.Json;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// The commands of this terminal as they are durable. Every change goes through <see cref="MoveAsync"/>: event and record are one
/// commit, guarded by the stage that is expected, so that executor, cancel and supersede cannot overrule each other.
/// </summary>
public sealed class CommandStore(ITransactionJournal journal, ICrashPoints crashPoints, CommandEcho echo, ILogger<CommandStore> logger)
    : ICommandStanding, IDisposable
{
    /// <summary>Finished commands that are remembered, so that a late repetition is answered and not executed.</summary>
    public const int RememberedCommands = 200;

    private const string RecordPrefix = "command/record/";
    private const string VerdictPrefix = "command/verdict/";
    private const string InboxKey = "command/inbox";

    // Guards every commit and the fields below; readers take the immutable maps.
    private readonly SemaphoreSlim _lock = new(1, 1);
    private volatile ImmutableDictionary<string, CommandRecord> _records = ImmutableDictionary.Create<string, CommandRecord>(StringComparer.Ordinal);
    private volatile ImmutableDictionary<string, VerdictRecord> _verdicts = ImmutableDictionary.Create<string, VerdictRecord>(StringComparer.Ordinal);
    private volatile TaskCompletionSource _changed = NewSignal();
    private ulong _highestCounter;

    /// <inheritdoc/>
    public ulong HighestCounter => Interlocked.Read(ref _highestCounter);

    /// <inheritdoc/>
    public IReadOnlyList<string> OpenCommandIds => [.. Open.Select(static r => r.Id)];

    /// <summary>Commands that are not finished, oldest first.</summary>
    public IReadOnlyList<CommandRecord> Open => [.. _records.Values.Where(static r => !r.IsFinal).OrderBy(static r => r.Counter)];

    /// <summary>A retirement whose erasure is still to be done, or null.</summary>
    public CommandRecord? ToErase => _records.Values.FirstOrDefault(
        static r => r is { Kind: CommandKind.Retire, Stage: CommandStage.Succeeded, Erased: false });

    /// <summary>A retirement that is complete: everything was acknowledged, and keys and configuration are erased. Null for none.</summary>
    public CommandRecord? Erased => _records.Values.FirstOrDefault(
        static r => r is { Kind: CommandKind.Retire, Stage: CommandStage.Succeeded, Erased: true });

    /// <summary>Completes at the next change of any record or verdict; take it before looking.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Reads what an earlier run left.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var records = ImmutableDictionary.CreateBuilder<string, CommandRecord>(StringComparer.Ordinal);
        await foreach (var (_, value) in journal.ReadStatesAsync(RecordPrefix, cancellationToken))
        {
            var record = JsonSerializer.Deserialize(value, CommandJson.Default.CommandRecord)!;
            records[record.Id] = record;
        }

        var verdicts = ImmutableDictionary.CreateBuilder<string, VerdictRecord>(StringComparer.Ordinal);
        await foreach (var (_, value) in journal.ReadStatesAsync(VerdictPrefix, cancellationToken))
        {
            var verdict = JsonSerializer.Deserialize(value, CommandJson.Default.VerdictRecord)!;
            verdicts[verdict.CommandId] = verdict;
        }

        var inbox = await journal.ReadStateAsync(InboxKey, cancellationToken);
        Interlocked.Exchange(ref _highestCounter, inbox is null ? 0 : JsonSerializer.Deserialize(inbox, CommandJson.Default.InboxRecord)!.HighestCounter);
        _verdicts = verdicts.ToImmutable();
        _records = records.ToImmutable();
        Signal();
    }

    /// <summary>The command with this id, or null.</summary>
    public CommandRecord? Find(string id) => _records.GetValueOrDefault(id);

    /// <summary>The last verdict for this command, or null.</summary>
    public VerdictRecord? VerdictFor(string commandId) => _verdicts.GetValueOrDefault(commandId);

    /// <summary>Adds a command at its first stage, with the counter when it is accepted, in one commit.</summary>
    /// <returns>False when a command of this id is already there.</returns>
    public async Task<bool> AddAsync(CommandRecord record, string detail, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (_records.ContainsKey(record.Id))
            {
                return false;
            }

            var accepted = record.Stage == CommandStage.Accepted;
            var counter = Math.Max(HighestCounter, record.Counter);
            var write = Write(record, EventOf(record, record.Stage, record.EndReason, detail));
            if (accepted)
            {
                write = write with
                {
                    State = [.. write.State, new StateChange(InboxKey, JsonSerializer.SerializeToUtf8Bytes(new InboxRecord(counter), CommandJson.Default.InboxRecord))],
                };
            }

            var forgotten = ToForget(now);
            write = write with { State = [.. write.State, .. forgotten.SelectMany(Forget)] };
            crashPoints.Reached("command-accept-before");
            await journal.AppendAsync(write, cancellationToken);
            crashPoints.Reached("command-accept-durable");
            _records = _records.RemoveRange(forgotten.Select(static r => r.Id)).Add(record.Id, record);
            if (accepted)
            {
                Interlocked.Exchange(ref _highestCounter, counter);
            }

            Tell(record, record.Stage, record.EndReason, detail);
            return true;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>
    /// Moves a command on: the event and the record are one commit, made by <paramref name="commit"/> where more belongs to it
    /// (the gate's position, a settlement). Null when somebody else moved the command meanwhile; then nothing was written.
    /// </summary>
    public async Task<CommandRecord?> MoveAsync(
        CommandRecord expected, CommandMove move, Func<JournalWrite, CancellationToken, Task>? commit, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (Find(expected.Id) is not { } current || current.Stage != expected.Stage)
            {
                return null;
            }

            var next = move.Apply(current);
            var told = EventOf(next, move.Reported, move.Reason, move.Detail);
            told.Report = move.Report;
            told.Attachment = move.Attachment;
            var write = Write(next, told);
            var step = "command-" + CommandMove.Word(move.Reported);
            crashPoints.Reached(step + "-before");
            if (commit is null)
            {
                await journal.AppendAsync(write, cancellationToken);
            }
            else
            {
                await commit(write, cancellationToken);
            }

            crashPoints.Reached(step + "-durable");
            _records = _records.SetItem(next.Id, next);
            Tell(next, move.Reported, move.Reason, move.Detail);
            return next;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Notes something about a command that nobody outside needs to hear of.</summary>
    public async Task<CommandRecord> NoteAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            await journal.AppendAsync(new JournalWrite { State = [RecordChange(record)] }, cancellationToken);
            _records = _records.SetItem(record.Id, record);
            Signal();
            return record;
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Says again where a command stands, for whoever asked; nothing changes.</summary>
    public async Task RepeatAsync(CommandRecord record, string reason, string detail, CancellationToken cancellationToken)
    {
        var entry = new JournalEntry { Command = EventOf(record, record.Stage, reason, detail) };
        await journal.AppendAsync(JournalWrite.Of(entry), cancellationToken);
        echo.Tell(entry.Command.Clone());
    }

    /// <summary>Keeps a verdict; the last one counts.</summary>
    public async Task KeepVerdictAsync(VerdictRecord verdict, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            var change = new StateChange(VerdictPrefix + verdict.CommandId, JsonSerializer.SerializeToUtf8Bytes(verdict, CommandJson.Default.VerdictRecord));
            crashPoints.Reached("verdict-before");
            await journal.AppendAsync(new JournalWrite { State = [change] }, cancellationToken);
            crashPoints.Reached("verdict-durable");
            _verdicts = _verdicts.SetItem(verdict.CommandId, verdict);
            Signal();
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static JournalWrite Write(CommandRecord record, CommandEvent told) => JournalWrite.Of(new JournalEntry { Command = told }, RecordChange(record));

    private static StateChange RecordChange(CommandRecord record) =>
        new(RecordPrefix + record.Id, JsonSerializer.SerializeToUtf8Bytes(record, CommandJson.Default.CommandRecord));

    private static IEnumerable<StateChange> Forget(CommandRecord record) =>
        [new(RecordPrefix + record.Id, null), new(VerdictPrefix + record.Id, null)];

    private static CommandEvent EventOf(CommandRecord record, CommandStage stage, string reason, string detail) => new()
    {
        CommandId = record.Id,
        Stage = stage,
        Reason = reason,
        Detail = detail,
        Enforcement = record.Enforcement,
        SettlementId = record.SettlementId,
    };

    private List<CommandRecord> ToForget(DateTimeOffset now) =>
        [.. _records.Values.Where(r => r.IsFinal && !(r.IsApproved && UnixTime.Until(r.ExpiresUnixMicros, now) > TimeSpan.Zero)).OrderByDescending(static r => r.Counter).Skip(RememberedCommands - 1)];

    private void Tell(CommandRecord record, CommandStage stage, string reason, string detail)
    {
        CommandLog.Stage(logger, record.Id, record.Kind, stage, reason, detail);
        echo.Tell(EventOf(record, stage, reason, detail));
        Signal();
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
}
