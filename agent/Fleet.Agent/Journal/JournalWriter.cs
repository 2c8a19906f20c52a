using System.Threading.Channels;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>
/// The loop that owns the journal file: takes what waits, writes it in one transaction, commits once, tells everybody. It also
/// reacts when a commit fails or the file turns out to be damaged.
/// </summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    private readonly JournalOptions _options;
    private readonly JournalFolder _folder;
    private readonly JournalStamper _stamper;
    private readonly JournalHousekeeping _housekeeping;
    private readonly ICrashPoints _crashPoints;
    private readonly ILogger _logger;
    private readonly Channel<JournalRequest> _requests;
    private readonly ReaderSlot _reader;
    private readonly PositionBoard _board;
    private readonly Task _loop;
    private readonly HousekeepingTimer _timer;

    // Owned by the loop.
    private JournalFile? _file;
    private readonly List<JournalEntry> _alarms = [];
    private int _failures;

    // Written by the loop, read by anyone.
    private volatile JournalCondition _condition;

    public JournalWriter(JournalOptions options, JournalFolder folder, TimeProvider clock, ICrashPoints crashPoints, ReaderSlot reader, ILogger logger)
    {
        (_options, _folder, _crashPoints, _reader, _logger) = (options, folder, crashPoints, reader, logger);
        _stamper = new JournalStamper(clock, () => options.ServerOffset());
        _housekeeping = new JournalHousekeeping(options, folder, _stamper, clock, logger);
        _requests = Channel.CreateBounded<JournalRequest>(new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true });
        _timer = new HousekeepingTimer(options, clock, () => _requests.Writer.TryWrite(HousekeepingRequest.Instance));
        _file = folder.Open((ulong)options.VerifiedAtOpen);
        _reader.Put(folder.OpenReader(), _file.Epoch);
        _board = new PositionBoard(PositionOf(_file, _file.AcknowledgedThrough));
        _housekeeping.Opened(_file);
        UpdateCondition();
        _loop = Task.Run(RunAsync);
    }

    public PositionBoard Board => _board;

    public JournalCondition Condition => _condition;

    /// <exception cref="JournalFaultException">The journal is closed.</exception>
    public async ValueTask SendAsync(JournalRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _requests.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException error)
        {
            throw new JournalFaultException(JournalFault.Closed, "The journal is closed.", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _requests.Writer.TryComplete();
        await _loop;
        _housekeeping.Dispose();
    }

    private async Task RunAsync()
    {
        var group = new List<AppendRequest>();
        while (await _requests.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var housekeeping = false;
            while (group.Count < _options.MaximumGroup && _requests.Reader.TryRead(out var request))
            {
                switch (request)
                {
                    case AppendRequest append when append.TryBegin():
                        group.Add(append);
                        break;
                    case AcknowledgeRequest acknowledge:
                        Acknowledge(acknowledge);
                        break;
                    case DamageRequest damage when damage.Epoch == _file?.Epoch:
                        Replace(damage.Cause);
                        break;
                    case PulseRequest pulse:
                        pulse.Complete();
                        break;
                    case HousekeepingRequest:
                        housekeeping = true;
                        break;
                }
            }

            Guarded(group);
            group.Clear();
            if (housekeeping)
            {
                KeepHouse();
                _timer.Set(_file is null || _failures > 0 || _alarms.Count > 0 || _housekeeping.IsWorkLeft(_file));
            }
        }

        KeepHouse();
        CloseFile();
    }

    // The loop must outlive everything, or every payment waits for ever.
    private void Guarded(List<AppendRequest> group)
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

    private void Write(List<AppendRequest> group)
    {
        if (group.Count > 0 && _housekeeping.MeasureSpace())
        {
            UpdateCondition();
        }

        RefuseWhileShort(group);
        if (group.Count == 0 && _alarms.Count == 0)
        {
            return;
        }

        if (_file is null && !TryReopen())
        {
            FailAll(group, JournalFault.CommitFailed, "The journal cannot be opened.", null);
            return;
        }

        try
        {
            CommitGroup(_file!, group);
        }
        catch (SqliteException error) when (JournalDatabase.IsFull(error))
        {
            // A full disk is no failed fsync: the transaction is taken back and tried once more with the reserve's room.
            _file!.Rollback();
            if (!_housekeeping.Space.TryReleaseReserve())
            {
                UpdateCondition();
                FailAll(group, JournalFault.DiskFull, "The disk is full.", error);
                return;
            }

            UpdateCondition();
            RefuseWhileShort(group);
            CommitGroup(_file!, group);
        }

        _failures = 0;
        UpdateCondition();
        Publish();
        group.ForEach(r => r.Complete(_file!.Epoch));
    }

    private void CommitGroup(JournalFile file, List<AppendRequest> group)
    {
        file.Begin();
        var stamp = _stamper.Now();
        foreach (var alarm in _alarms)
        {
            file.Insert(alarm, stamp);
        }

        foreach (var request in group)
        {
            var first = file.LastSequence + 1;
            foreach (var body in request.Write.Bodies)
            {
                file.Insert(body, stamp);
            }

            foreach (var change in request.Write.State)
            {
                file.Put(change);
            }

            request.Sequences = (first, file.LastSequence);
        }

        _housekeeping.PutAcknowledged(file);
        Reached(group, "before");
        file.Commit();
        _alarms.Clear();
        _housekeeping.Mark(file);
        Reached(group, "after");
    }

    private void RefuseWhileShort(List<AppendRequest> group)
    {
        if (_condition == JournalCondition.Healthy)
        {
            return;
        }

        var fault = _condition == JournalCondition.SpaceShort
            ? new JournalFaultException(JournalFault.SpaceShort, "Space on the disk is short: no new payments.")
            : new JournalFaultException(JournalFault.CommitFailed, "Commits to disk keep failing: no new payments.");
        foreach (var request in group.FindAll(static r => r.IsDispensable))
        {
            request.Fail(fault);
        }

        group.RemoveAll(static r => r.IsDispensable);
    }

    private void FailCommit(List<AppendRequest> group, Exception error)
    {
        _failures++;
        _timer.Soon();
        JournalLog.CommitFailed(_logger, _failures, error);
        var expected = _board.Position;
        var undo = UndoOf(group);
        _file?.Rollback();
        CloseFile();
        _alarms.Clear();
        _alarms.Add(Alarms.Critical(ReasonCodes.StorageFailed, $"A commit failed: {error.Message}"));
        if (TryReopen() && _file!.Epoch == expected.Epoch && _file.LastSequence > expected.LastSequence)
        {
            RemovePhantom(_file, expected, undo);
        }

        UpdateCondition();
        FailAll(group, JournalFault.CommitFailed, $"The commit failed: {error.Message}", error);
    }

    // What the keys of a failed transaction held before, as the last commit left it.
    private List<StateChange> UndoOf(List<AppendRequest> group)
    {
        try
        {
            return [.. group.SelectMany(static r => r.Write.State).Select(static c => c.Key).Distinct()
                .Select(key => new StateChange(key, _reader.Read((reader, _) => reader.ReadState(key))))];
        }
        catch (Exception error) when (error is JournalFaultException or JournalDamageException)
        {
            return [];
        }
    }

    // A commit whose fsync failed may still be found in the log when the file is opened again. It was reported as not stored.
    private void RemovePhantom(JournalFile file, JournalPosition expected, List<StateChange> undo)
    {
        JournalLog.PhantomRemoved(_logger, expected.LastSequence + 1, file.LastSequence);
        try
        {
            file.RemoveAfter(expected.LastSequence, expected.LastHash.ToArray(), undo);
        }
        catch (SqliteException error)
        {
            JournalLog.ReopenFailed(_logger, error);
            CloseFile();
        }
    }

    private void Acknowledge(AcknowledgeRequest request)
    {
        if (_file is null || request.Epoch != _file.Epoch)
        {
            return;
        }

        if (request.Through > _file.LastSequence)
        {
            Replace($"the server holds entry {request.Through}, but the last entry here is {_file.LastSequence}");
            return;
        }

        if (_housekeeping.Acknowledge(request.Through))
        {
            _timer.Soon();
            Publish();
        }
    }

    private void Replace(string cause)
    {
        var head = _file is { } file ? new JournalHead(file.Epoch, file.LastSequence, file.LastHash, _housekeeping.AcknowledgedThrough) : null;
        CloseFile();
        try
        {
            Adopt(_folder.SetAside(cause, head));
        }
        catch (Exception error) when (error is SqliteException or IOException or JournalDamageException)
        {
            JournalLog.ReopenFailed(_logger, error);
            _failures = Math.Max(_failures, _options.FailuresUntilFailing);
            UpdateCondition();
        }
    }

    private bool TryReopen()
    {
        try
        {
            Adopt(_folder.Open(ulong.MaxValue));
            return true;
        }
        catch (Exception error) when (error is SqliteException or IOException or JournalDamageException or UnauthorizedAccessException)
        {
            JournalLog.ReopenFailed(_logger, error);
            CloseFile();
            return false;
        }
    }

    private void Adopt(JournalFile file)
    {
        _file = file;
        _timer.Soon();
        _reader.Put(_folder.OpenReader(), file.Epoch);
        _housekeeping.Opened(file);
        Publish();
    }

    private void CloseFile()
    {
        _reader.Remove();
        _file?.Dispose();
        _file = null;
    }

    private void KeepHouse()
    {
        try
        {
            if (_alarms.Count > 0)
            {
                Guarded([]);
            }

            if (_file is not null)
            {
                _housekeeping.Run(_file);
                Publish();
            }
        }
        catch (SqliteException error) when (JournalDatabase.IsFull(error))
        {
            _file?.Rollback();
            JournalLog.HousekeepingFailed(_logger, error);
        }
        catch (SqliteException error)
        {
            FailCommit([], error);
        }
        catch (IOException error)
        {
            JournalLog.HousekeepingFailed(_logger, error);
        }

        UpdateCondition();
    }

    private void UpdateCondition()
    {
        var condition = _failures >= _options.FailuresUntilFailing ? JournalCondition.Failing
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

    private void Publish() => _board.Publish(PositionOf(_file!, _housekeeping.AcknowledgedThrough));

    private static JournalPosition PositionOf(JournalFile file, ulong acknowledged) =>
        new(file.Epoch, file.LastSequence, file.LastHash, acknowledged);

    private static void FailAll(List<AppendRequest> group, JournalFault fault, string message, Exception? inner) =>
        group.ForEach(r => r.Fail(new JournalFaultException(fault, message, inner)));

    private void Reached(List<AppendRequest> group, string moment)
    {
        if (_crashPoints is NoCrashPoints)
        {
            return;
        }

        foreach (var request in group)
        {
            var words = request.Write.Bodies.Select(static b => b.BodyCase.ToString().ToLowerInvariant()).DefaultIfEmpty("state");
            _crashPoints.Reached($"commit-{string.Join('-', words)}-{moment}");
        }
    }
}
