using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>Writes the journal file: takes what waits, writes it in one transaction, commits once, tells everybody.</summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    private readonly JournalOptions _options;
    private readonly JournalStamper _stamper;
    private readonly JournalHousekeeping _housekeeping;
    private readonly JournalMount _mount;
    private readonly ICrashPoints _crashPoints;
    private readonly ILogger _logger;
    private readonly JournalQueue _queue;
    private readonly Task _loop;
    private readonly HousekeepingTimer _timer;

    // Owned by the turn of the queue.
    private readonly JournalGroup _group = new();
    private bool _isHousekeepingDue;

    // Written in a turn, read by anyone.
    private volatile JournalCondition _condition;

    public JournalWriter(JournalOptions options, JournalFolder folder, TimeProvider clock, ICrashPoints crashPoints, ReaderSlot reader, ILogger logger)
    {
        (_options, _crashPoints, _logger) = (options, crashPoints, logger);
        _stamper = new JournalStamper(clock, () => options.ServerOffset());
        _housekeeping = new JournalHousekeeping(options, folder, _stamper, clock, logger);
        _queue = new JournalQueue(options.QueueCapacity, Take, FinishRound);
        _timer = new HousekeepingTimer(options, clock, () => _queue.TrySend(HousekeepingRequest.Instance));
        _mount = new JournalMount(options, folder, _housekeeping, _timer, reader, logger);
        UpdateCondition();
        _loop = Task.Run(() => _queue.RunAsync(End));
    }

    public PositionBoard Board => _mount.Board;

    public JournalCondition Condition => _condition;

    /// <summary>Does it at once if nothing else is being done, otherwise when its turn comes.</summary>
    /// <exception cref="JournalFaultException">The journal is closed.</exception>
    public ValueTask DoAsync(JournalRequest request, CancellationToken cancellationToken) =>
        _queue.TryDo(request) ? ValueTask.CompletedTask : _queue.SendAsync(request, cancellationToken);

    /// <summary>Leaves it to the writing loop.</summary>
    /// <exception cref="JournalFaultException">The journal is closed.</exception>
    public ValueTask SendAsync(JournalRequest request, CancellationToken cancellationToken) => _queue.SendAsync(request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _queue.Close();
        await _loop;
        _housekeeping.Dispose();
    }

    private bool Take(JournalRequest request)
    {
        switch (request)
        {
            case AppendRequest append when append.TryBegin():
                _group.Add(append);
                break;
            case AcknowledgeRequest acknowledge:
                Acknowledge(acknowledge);
                break;
            case DamageRequest damage when damage.Epoch == _mount.File?.Epoch:
                Replace(damage.Cause);
                break;
            case PulseRequest pulse:
                pulse.Complete();
                break;
            case HousekeepingRequest:
                _isHousekeepingDue = true;
                break;
        }

        return _group.Count < _options.MaximumGroup;
    }

    private void FinishRound()
    {
        Guarded(_group);
        _group.Clear();
        if (_isHousekeepingDue)
        {
            _isHousekeepingDue = false;
            KeepHouse();
            _timer.Set(_mount.File is not { } file || _mount.Failures > 0 || _mount.WaitingAlarms.Count > 0 || _housekeeping.IsWorkLeft(file));
        }
    }

    private void End()
    {
        KeepHouse();
        _mount.Dispose();
    }

    // The writer must outlive everything, or every payment waits for ever.
    private void Guarded(JournalGroup group)
    {
        try
        {
            Write(group);
        }
        catch (Exception error)
        {
            FailCommit(group, error);
        }
    }

    private void Write(JournalGroup group)
    {
        if (group.Count > 0 && _housekeeping.MeasureSpace())
        {
            UpdateCondition();
        }

        RefuseWhileShort(group);
        if (group.Count == 0 && _mount.WaitingAlarms.Count == 0)
        {
            return;
        }

        if (_mount.File is null && !_mount.TryReopen())
        {
            group.Fail(JournalFault.CommitFailed, "The journal cannot be opened.", null);
            return;
        }

        try
        {
            CommitGroup(_mount.File!, group);
        }
        catch (SqliteException error) when (JournalDatabase.IsFull(error))
        {
            // A full disk is no failed fsync: the transaction is taken back and tried once more with the reserve's room.
            _mount.File!.Rollback();
            if (!_housekeeping.Space.TryReleaseReserve())
            {
                UpdateCondition();
                group.Fail(JournalFault.DiskFull, "The disk is full.", error);
                return;
            }

            UpdateCondition();
            RefuseWhileShort(group);
            CommitGroup(_mount.File!, group);
        }

        _mount.Committed();
        UpdateCondition();
        _mount.Publish();
        group.Complete(_mount.File!.Epoch);
        if (_mount.File.IsLogLong)
        {
            _timer.Soon();
        }
    }

    private void CommitGroup(JournalFile file, JournalGroup group)
    {
        file.Begin();
        var stamp = _stamper.Now();
        foreach (var alarm in _mount.WaitingAlarms)
        {
            file.Insert(alarm, stamp);
        }

        group.Insert(file, stamp);
        _housekeeping.PutAcknowledged(file);
        group.Reached(_crashPoints, "before");
        file.Commit();
        _mount.WaitingAlarms.Clear();
        _housekeeping.Mark(file);
        group.Reached(_crashPoints, "after");
    }

    private void RefuseWhileShort(JournalGroup group)
    {
        if (_condition == JournalCondition.Healthy)
        {
            return;
        }

        var fault = _condition == JournalCondition.SpaceShort
            ? new JournalFaultException(JournalFault.SpaceShort, "Space on the disk is short: no new payments.")
            : new JournalFaultException(JournalFault.CommitFailed, "Commits to disk keep failing: no new payments.");
        group.FailDispensable(fault);
    }

    private void FailCommit(JournalGroup group, Exception error)
    {
        _mount.Failed(group.Keys, error);
        UpdateCondition();
        group.Fail(JournalFault.CommitFailed, $"The commit failed: {error.Message}", error);
    }

    private void Acknowledge(AcknowledgeRequest request)
    {
        if (_mount.File is not { } file || request.Epoch != file.Epoch)
        {
            return;
        }

        if (request.Through > file.LastSequence)
        {
            Replace($"the server holds entry {request.Through}, but the last entry here is {file.LastSequence}");
            return;
        }

        if (_housekeeping.Acknowledge(request.Through))
        {
            _timer.Soon();
            _mount.Publish();
        }
    }

    private void Replace(string cause)
    {
        _mount.Replace(cause);
        UpdateCondition();
    }

    private void KeepHouse()
    {
        try
        {
            if (_mount.WaitingAlarms.Count > 0)
            {
                Guarded(new JournalGroup());
            }

            if (_mount.File is { } file)
            {
                _housekeeping.Run(file, () => _queue.IsAwaited);
                _mount.Publish();
            }
        }
        catch (SqliteException error) when (JournalDatabase.IsFull(error))
        {
            _mount.File?.Rollback();
            JournalLog.HousekeepingFailed(_logger, error);
        }
        catch (SqliteException error)
        {
            FailCommit(new JournalGroup(), error);
        }
        catch (IOException error)
        {
            JournalLog.HousekeepingFailed(_logger, error);
        }

        UpdateCondition();
    }

    private void UpdateCondition()
    {
        var condition = _mount.IsFailing ? JournalCondition.Failing
            : _housekeeping.Space.IsShort ? JournalCondition.SpaceShort
            : JournalCondition.Healthy;
        if (condition == _condition)
        {
            return;
        }

        _condition = condition;
        if (condition == JournalCondition.SpaceShort)
        {
            _timer.Soon();
            JournalLog.SpaceShort(_logger);
        }
        else if (condition == JournalCondition.Healthy)
        {
            JournalLog.Recovered(_logger);
        }
    }
}
