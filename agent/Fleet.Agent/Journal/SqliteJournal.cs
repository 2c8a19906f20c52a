using System.Runtime.CompilerServices;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>The journal on SQLite: WAL, a sync at every commit, one writer at a time that commits for all who wait.</summary>
public sealed class SqliteJournal : ITransactionJournal, IAsyncDisposable
{
    private readonly RecordSeal _seal;
    private readonly FileStream _lock;
    private readonly ReaderSlot _reader = new();
    private readonly JournalWriter _writer;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _verification;
    private int _disposed;

    private SqliteJournal(RecordSeal seal, FileStream fileLock, JournalOptions options, TimeProvider clock, ICrashPoints crashPoints, ILogger logger)
    {
        _seal = seal;
        _lock = fileLock;
        _writer = new JournalWriter(options, new JournalFolder(options, seal, clock, crashPoints, logger), clock, crashPoints, _reader, logger);
        _verification = Task.Run(() => VerifyRestAsync(options.VerifiedAtOpen, _closing.Token), CancellationToken.None);
    }

    /// <inheritdoc/>
    public JournalPosition Position => _writer.Board.Position;

    /// <inheritdoc/>
    public JournalCondition Condition => _writer.Condition;

    /// <summary>Opens the journal of a data directory, or makes the first one there. A damaged one is set aside and followed by a new one.</summary>
    /// <exception cref="JournalFaultException">The directory cannot be used, or another agent uses it.</exception>
    public static SqliteJournal Open(JournalOptions options, TimeProvider clock, ICrashPoints crashPoints, ILogger<SqliteJournal> logger)
    {
        var fileLock = TakeLock(options.DataDirectory);
        RecordSeal? seal = null;
        try
        {
            seal = new RecordSeal(JournalKey.Load(options));
            return new SqliteJournal(seal, fileLock, options, clock, crashPoints, logger);
        }
        catch (Exception error)
        {
            fileLock.Dispose();
            seal?.Dispose();
            throw error as JournalFaultException
                ?? new JournalFaultException(JournalFault.CommitFailed, $"The journal in {options.DataDirectory} cannot be opened: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken)
    {
        Check(write);
        cancellationToken.ThrowIfCancellationRequested();
        var request = new AppendRequest(write);
        await _writer.DoAsync(request, cancellationToken);
        using var registration = cancellationToken.UnsafeRegister(static (r, token) => ((AppendRequest)r!).Cancel(token), request);
        return await request.Done;
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken) =>
        ReadAsync((reader, _) => reader.ReadState(key), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var state in await ReadAsync((reader, _) => reader.ReadStates(prefix), cancellationToken))
        {
            yield return state;
        }
    }

    /// <inheritdoc/>
    public ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        return ReadAsync((reader, epoch) => reader.Read(epoch, afterSequence, maxEntries, maxBytes), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken) =>
        _writer.DoAsync(new AcknowledgeRequest(epoch, through), cancellationToken);

    /// <inheritdoc/>
    public Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
        _writer.Board.WaitAsync(p => p.Epoch != epoch || p.LastSequence > sequence, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken)
    {
        var position = await _writer.Board.WaitAsync(p => p.Epoch != epoch || p.AcknowledgedThrough >= sequence, cancellationToken);
        return position.Epoch == epoch;
    }

    /// <summary>Completes when the writing loop has come round: it is alive and gets its work done.</summary>
    /// <exception cref="JournalFaultException">The journal is closed.</exception>
    public async Task PulseAsync(CancellationToken cancellationToken)
    {
        var pulse = new PulseRequest();
        await _writer.SendAsync(pulse, cancellationToken);
        await pulse.Done.WaitAsync(cancellationToken);
    }

    /// <summary>Finishes what waits and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync();
        await _verification.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
        await _writer.DisposeAsync();
        _reader.Dispose();
        _seal.Dispose();
        await _lock.DisposeAsync();
    }

    // A long backlog opens at once and is proven piece by piece while the agent works.
    private async Task VerifyRestAsync(int verifiedAtOpen, CancellationToken cancellationToken)
    {
        const ulong piece = JournalFile.CheckpointEvery;
        var opened = Position;
        var through = opened.LastSequence - Math.Min(opened.LastSequence, (ulong)verifiedAtOpen);
        var from = opened.AcknowledgedThrough;
        while (from < through && Position.Epoch == opened.Epoch)
        {
            await Task.Yield();
            var to = await ReadAsync((reader, epoch) => epoch == opened.Epoch ? VerifyPiece(reader, epoch, from, Math.Min(from + piece, through)) : through, cancellationToken);
            from = Math.Max(to, Position.AcknowledgedThrough);
        }
    }

    // What is read for other reasons is proven by that: a backlog that is sent or counted is not read twice.
    private static ulong VerifyPiece(JournalReader reader, Guid epoch, ulong from, ulong to)
    {
        if (reader.ProvenThrough(from) is var proven && proven > from)
        {
            return proven;
        }

        reader.VerifyUnlessGone(epoch, from, to);
        return to;
    }

    private async ValueTask<T> ReadAsync<T>(Func<JournalReader, Guid, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var epoch = Position.Epoch;
        try
        {
            return _reader.Read(read);
        }
        catch (JournalDamageException damage)
        {
            await _writer.SendAsync(new DamageRequest(epoch, damage.Message), cancellationToken);
            throw new JournalFaultException(JournalFault.Damaged, $"The journal is damaged: {damage.Message}.", damage);
        }
    }

    private static void Check(JournalWrite write)
    {
        if (write.Bodies.Count == 0 && write.State.Count == 0)
        {
            throw new JournalFaultException(JournalFault.Invalid, "The write is empty.");
        }

        foreach (var body in write.Bodies)
        {
            if (body.BodyCase == JournalEntry.BodyOneofCase.None)
            {
                throw new JournalFaultException(JournalFault.Invalid, "The entry has no body.");
            }

            if (body.CalculateSize() > JournalOptions.MaximumEntryBytes)
            {
                throw new JournalFaultException(JournalFault.Invalid, $"The {body.BodyCase} entry has more than {JournalOptions.MaximumEntryBytes} bytes.");
            }
        }

        foreach (var change in write.State)
        {
            if (change.Key is not { Length: > 0 and <= JournalOptions.MaximumKeyLength })
            {
                throw new JournalFaultException(JournalFault.Invalid, $"A state key has 1 to {JournalOptions.MaximumKeyLength} characters, not {change.Key?.Length ?? 0}.");
            }

            if (change.Value is { Length: > JournalOptions.MaximumStateBytes })
            {
                throw new JournalFaultException(JournalFault.Invalid, $"The state '{change.Key}' has more than {JournalOptions.MaximumStateBytes} bytes.");
            }
        }
    }

    private static FileStream TakeLock(string dataDirectory)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(dataDirectory);
            }
            else
            {
                Directory.CreateDirectory(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return new FileStream(new JournalPaths(dataDirectory).Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new JournalFaultException(
                JournalFault.Closed, $"The data directory {dataDirectory} cannot be used, or another agent uses it: {error.Message}", error);
        }
    }
}
