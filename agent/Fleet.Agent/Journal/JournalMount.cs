using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>
/// The journal file that is in use, and what is done when it fails: after a failed commit it is closed and opened again, a damaged one is set aside and
/// followed by a new one. Owned by the journal's writer.
/// </summary>
internal sealed class JournalMount : IDisposable
{
    private readonly JournalOptions _options;
    private readonly JournalFolder _folder;
    private readonly JournalHousekeeping _housekeeping;
    private readonly HousekeepingTimer _timer;
    private readonly ReaderSlot _reader;
    private readonly ILogger _logger;

    // What the last commit that counts left. Set while a failed one after it may still be found in the file; the file is not used before that is taken back.
    private (JournalHead Head, JournalUndo? Undo)? _lastGood;

    /// <exception cref="JournalFaultException">The folder or file cannot be used at all.</exception>
    public JournalMount(
        JournalOptions options, JournalFolder folder, JournalHousekeeping housekeeping, HousekeepingTimer timer, ReaderSlot reader, ILogger logger)
    {
        (_options, _folder, _housekeeping, _timer, _reader, _logger) = (options, folder, housekeeping, timer, reader, logger);
        File = folder.Open((ulong)options.VerifiedAtOpen);
        _reader.Put(folder.OpenReader(), File.Epoch);
        Board = new PositionBoard(PositionOf(File, File.AcknowledgedThrough));
        _housekeeping.Opened(File);
    }

    /// <summary>Null while it cannot be opened.</summary>
    public JournalFile? File { get; private set; }

    public PositionBoard Board { get; }

    /// <summary>Alarms that go into the next commit.</summary>
    public List<JournalEntry> WaitingAlarms { get; } = [];

    /// <summary>Commits that failed in a row.</summary>
    public int Failures { get; private set; }

    public bool IsFailing => Failures >= _options.FailuresUntilFailing;

    /// <summary>A commit has reached the disk.</summary>
    public void Committed() => Failures = 0;

    public void Publish() => Board.Publish(PositionOf(File!, _housekeeping.AcknowledgedThrough));

    /// <summary>
    /// A commit failed. What was in it counts as not stored: the file is never gone on with, but opened anew, and rid of what may be found in it of the
    /// commit. An alarm waits for the next one.
    /// </summary>
    /// <param name="keys">State that the commit would have changed.</param>
    /// <param name="error">Why.</param>
    public void Failed(IEnumerable<string> keys, Exception error)
    {
        Failures++;
        _timer.Soon();
        JournalLog.CommitFailed(_logger, Failures, error);
        if (File is { } file)
        {
            var undo = UndoOf(keys);
            file.Rollback();
            _lastGood = (HeadOf(file), undo);
        }

        Close();
        WaitingAlarms.Clear();
        WaitingAlarms.Add(Alarms.Critical(ReasonCodes.StorageFailed, $"A commit failed: {error.Message}"));
        TryReopen();
    }

    /// <summary>The file does not hold what it should: it is set aside and followed by a new one.</summary>
    public void Replace(string cause)
    {
        var head = File is { } file ? HeadOf(file) with { AcknowledgedThrough = _housekeeping.AcknowledgedThrough } : null;
        Close();
        try
        {
            Adopt(_folder.SetAside(cause, head));
        }
        catch (Exception error) when (error is SqliteException or IOException or JournalDamageException)
        {
            JournalLog.ReopenFailed(_logger, error);
            Failures = Math.Max(Failures, _options.FailuresUntilFailing);
        }
    }

    /// <summary>False when the file cannot be opened now.</summary>
    public bool TryReopen()
    {
        try
        {
            Adopt(OpenWithoutPhantom());
            return true;
        }
        catch (Exception error) when (error is SqliteException or IOException or JournalDamageException or UnauthorizedAccessException)
        {
            JournalLog.ReopenFailed(_logger, error);
            Close();
            return false;
        }
    }

    public void Dispose() => Close();

    // What a failed transaction would have changed, as the last commit left it; null when it cannot be read.
    private JournalUndo? UndoOf(IEnumerable<string> keys)
    {
        try
        {
            return _reader.Read((reader, _) => new JournalUndo(
                [.. keys.Distinct().Select(key => new StateChange(key, reader.ReadState(key)))], reader.Fact(JournalFile.SalvageFact)));
        }
        catch (Exception error) when (error is JournalFaultException or JournalDamageException)
        {
            JournalLog.UndoUnknown(_logger, error);
            return null;
        }
    }

    // A commit whose fsync failed may still be found in the log when the file is opened again: it was reported as not stored. It goes before
    // anybody reads the file, and each time the file is opened until that has succeeded.
    private JournalFile OpenWithoutPhantom()
    {
        var file = _folder.Open(ulong.MaxValue);
        try
        {
            if (_lastGood is { } good && good.Head.Epoch == file.Epoch)
            {
                JournalLog.GoingBack(_logger, good.Head.LastSequence, file.LastSequence);
                file.GoBack(good.Head, good.Undo);
            }

            return file;
        }
        catch
        {
            file.DisposeAsItIs();
            throw;
        }
    }

    private void Adopt(JournalFile file)
    {
        File = file;
        _lastGood = null;
        _timer.Soon();
        _reader.Put(_folder.OpenReader(), file.Epoch);
        _housekeeping.Opened(file);
        Publish();
    }

    private void Close()
    {
        _reader.Remove();
        File?.Dispose();
        File = null;
    }

    private static JournalHead HeadOf(JournalFile file) => new(file.Epoch, file.LastSequence, file.LastHash, file.AcknowledgedThrough);

    private static JournalPosition PositionOf(JournalFile file, ulong acknowledged) =>
        new(file.Epoch, file.LastSequence, file.LastHash, acknowledged);
}
