using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Uplink;

/// <summary>
/// Sends the journal over one connection: batches from the acknowledged checkpoint, several in flight, forward with every
/// acknowledgement and back when the server expects another entry. One loop; nothing here is shared.
/// </summary>
internal sealed class UplinkSession(
    ITransactionJournal journal, IFleetLink link, UplinkOptions options, TimeProvider clock, UplinkProgress progress, ILogger logger)
{
    private readonly SendWindow _window = new();
    private readonly Thrift _thrift = new(clock);
    private readonly HashSet<Task> _publishing = [];
    private long _lastProgress;
    private long _lastSent;
    private (Task Task, Guid Epoch, ulong After)? _entries;
    private Task<bool>? _acks;

    // Both count: a server whose database stands still acknowledges nothing, and whatever was sent again would pile up on both sides.
    private bool HasRoom => _window.InFlight < options.InFlight && _publishing.Count < options.InFlight;

    /// <summary>Runs until the connection is lost or it is cancelled.</summary>
    /// <exception cref="UplinkStoppedException">The server or the journal cannot go on; somebody must look.</exception>
    /// <exception cref="LinkLostException">The connection is over.</exception>
    /// <exception cref="JournalFaultException">The journal cannot be read at the moment.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            Restart();
            while (true)
            {
                await TakeAcknowledgementsAsync(ended.Token);
                FollowEpoch();
                await FillWindowAsync(ended.Token);
                await WaitAsync(ended.Token);
            }
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(_publishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Restart()
    {
        var position = journal.Position;
        _window.Restart(position.Epoch, position.AcknowledgedThrough);
        _lastProgress = clock.GetTimestamp();
        UplinkLog.Started(logger, position.AcknowledgedThrough + 1, position.LastSequence);
    }

    private void FollowEpoch()
    {
        if (journal.Position.Epoch != _window.Epoch)
        {
            Restart();
        }
    }

    private async Task TakeAcknowledgementsAsync(CancellationToken cancellationToken)
    {
        while (link.Acknowledgements.TryRead(out var message))
        {
            if (TryRead(message, out var acknowledgement))
            {
                progress.NoteServerTime(acknowledgement.ServerUnixMicros, clock.GetUtcNow());
                await TakeAsync(acknowledgement, cancellationToken);
            }
            else
            {
                UplinkLog.Unreadable(logger);
            }

            await message.AcknowledgeAsync(cancellationToken);
        }
    }

    private async Task TakeAsync(UplinkAck acknowledgement, CancellationToken cancellationToken)
    {
        switch (acknowledgement.Verdict)
        {
            case UplinkAck.Types.Verdict.Stored:
                if (_window.Stored(acknowledgement.Through))
                {
                    _lastProgress = clock.GetTimestamp();
                    progress.StoppedReason = string.Empty;
                    await journal.AcknowledgeAsync(_window.Epoch, acknowledgement.Through, cancellationToken);
                }

                break;
            case UplinkAck.Types.Verdict.Expected:
                await RewindAsync(acknowledgement.Through, cancellationToken);
                break;
            case UplinkAck.Types.Verdict.ChainBroken:
                throw new UplinkStoppedException(ReasonCodes.ChainBroken, $"the server found the chain broken after entry {acknowledgement.Through}: {acknowledgement.Detail}");
            default:
                UplinkLog.Unreadable(logger);
                break;
        }
    }

    private async Task RewindAsync(ulong through, CancellationToken cancellationToken)
    {
        if (!_window.Expected(through))
        {
            return;
        }

        _lastProgress = clock.GetTimestamp();
        UplinkLog.Rewound(logger, through + 1);

        // To expect the entry after one is to hold that one; beyond the end the journal draws its own conclusion.
        await journal.AcknowledgeAsync(_window.Epoch, through, cancellationToken);
    }

    private async Task FillWindowAsync(CancellationToken cancellationToken)
    {
        while (HasRoom && journal.Position is var position && position.Epoch == _window.Epoch && position.LastSequence > _window.Cursor)
        {
            if (IsWorthWaiting(position.LastSequence - _window.Cursor) || _thrift.Wait(options.BytesPerSecond) > TimeSpan.Zero)
            {
                return;
            }

            await SendBatchAsync(cancellationToken);
        }
    }

    // Something is on its way already: a small batch may grow a little.
    private bool IsWorthWaiting(ulong available) =>
        _window.InFlight > 0 && available < (ulong)options.BatchEntries && clock.GetElapsedTime(_lastSent) < options.MaximumAge;

    private async Task SendBatchAsync(CancellationToken cancellationToken)
    {
        var run = await ReadAsync(cancellationToken);
        if (run.Entries.Count == 0 || run.Epoch != _window.Epoch)
        {
            return;
        }

        var batch = new UplinkBatch
        {
            Epoch = ByteString.CopyFrom(run.Epoch.ToByteArray(bigEndian: true)),
            FirstSequence = run.Entries[0].Sequence,
            PreviousHash = UnsafeByteOperations.UnsafeWrap(run.PreviousHash),
            LastHash = UnsafeByteOperations.UnsafeWrap(run.LastHash),
        };
        batch.Entries.AddRange(run.Entries.Select(static e => UnsafeByteOperations.UnsafeWrap(e.Bytes)));
        _thrift.Spend(batch.CalculateSize());
        _window.Sent(run.Entries[^1].Sequence);
        if (_window.InFlight == 1)
        {
            _lastProgress = clock.GetTimestamp();
        }

        _lastSent = clock.GetTimestamp();
        _publishing.Add(link.PublishBatchAsync(batch, cancellationToken).AsTask());
    }

    private async ValueTask<JournalRun> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await journal.ReadAsync(_window.Cursor, options.BatchEntries, options.BatchBytes, cancellationToken);
        }
        catch (JournalFaultException fault) when (fault.Fault == JournalFault.Gone)
        {
            throw new UplinkStoppedException(ReasonCodes.ChainBroken, $"the server asks for entries that have left the disk: {fault.Message}", fault);
        }
    }

    // Wakes for an acknowledgement, a new entry when there is room, the end of a publish, or the next deadline.
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        // A task that has ended is looked at once: its message is in the channel, its entry in the journal.
        _acks = _acks is { IsCompleted: false } ? _acks : link.Acknowledgements.WaitToReadAsync(cancellationToken).AsTask();
        var waits = new List<Task>(_publishing) { _acks };
        if (HasRoom && _thrift.Wait(options.BytesPerSecond) == TimeSpan.Zero)
        {
            waits.Add(NewEntriesAsync(cancellationToken));
        }

        var saving = _thrift.Wait(options.BytesPerSecond);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_window.InFlight > 0)
        {
            waits.Add(Task.Delay(NextDeadline(), clock, deadline.Token));
        }

        if (saving > TimeSpan.Zero)
        {
            waits.Add(Task.Delay(saving, clock, deadline.Token));
        }

        await Task.WhenAny(waits);
        await deadline.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        await ReapAsync();
        CheckTimeout();
    }

    // The first entry, or, while a batch is growing behind others, the one that fills it. With nothing on its way no deadline would end
    // the growing: an entry that came since the last look goes at once.
    private Task NewEntriesAsync(CancellationToken cancellationToken)
    {
        var isGrowing = _window.InFlight > 0 && journal.Position.LastSequence > _window.Cursor;
        var after = isGrowing ? _window.Cursor + (ulong)options.BatchEntries - 1 : _window.Cursor;
        if (_entries is not { Task.IsCompleted: false } known || known.Epoch != _window.Epoch || known.After != after)
        {
            _entries = known = (journal.WaitForEntriesAsync(_window.Epoch, after, cancellationToken), _window.Epoch, after);
        }

        return known.Task;
    }

    private TimeSpan NextDeadline()
    {
        var timeout = options.AcknowledgeTimeout - clock.GetElapsedTime(_lastProgress);
        var age = journal.Position.LastSequence > _window.Cursor && HasRoom
            ? options.MaximumAge - clock.GetElapsedTime(_lastSent)
            : timeout;
        var next = age < timeout ? age : timeout;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task ReapAsync()
    {
        foreach (var done in _publishing.Where(static p => p.IsCompleted).ToList())
        {
            _publishing.Remove(done);
            await done;
        }
    }

    private void CheckTimeout()
    {
        var waited = clock.GetElapsedTime(_lastProgress);
        if (_window.InFlight == 0 || waited < options.AcknowledgeTimeout)
        {
            return;
        }

        UplinkLog.TimedOut(logger, waited, _window.Acknowledged);
        _window.Restart(_window.Epoch, _window.Acknowledged);
        _lastProgress = clock.GetTimestamp();
    }

    private bool TryRead(DownwardMessage message, out UplinkAck acknowledgement)
    {
        acknowledgement = new UplinkAck();
        try
        {
            acknowledgement = UplinkAck.Parser.ParseFrom(message.Payload.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        return acknowledgement.Epoch.Length == 16 && new Guid(acknowledgement.Epoch.Span, bigEndian: true) == _window.Epoch;
    }
}

/// <summary>Nothing more can be sent until somebody has looked.</summary>
internal sealed class UplinkStoppedException(string code, string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>One of <see cref="ReasonCodes"/>.</summary>
    public string Code { get; } = code;
}
