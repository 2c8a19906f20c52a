using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>
/// The one open reader of a journal. The writing loop takes it out while it closes, changes or sets aside the file; reads in
/// between fail with a reason instead of seeing half a change.
/// </summary>
internal sealed class ReaderSlot : IDisposable
{
    private readonly Lock _lock = new();
    private JournalReader? _reader;
    private Guid _epoch;
    private bool _closed;

    public void Put(JournalReader reader, Guid epoch)
    {
        lock (_lock)
        {
            _reader?.Dispose();
            (_reader, _epoch) = (reader, epoch);
        }
    }

    public void Remove()
    {
        lock (_lock)
        {
            _reader?.Dispose();
            _reader = null;
        }
    }

    /// <exception cref="JournalFaultException">There is no reader at the moment, or reading failed.</exception>
    /// <exception cref="JournalDamageException">What was read is not what was written.</exception>
    public T Read<T>(Func<JournalReader, Guid, T> read)
    {
        lock (_lock)
        {
            var reader = _reader ?? throw (_closed
                ? new JournalFaultException(JournalFault.Closed, "The journal is closed.")
                : new JournalFaultException(JournalFault.CommitFailed, "The journal is being opened again."));
            try
            {
                return read(reader, _epoch);
            }
            catch (SqliteException error) when (JournalDatabase.IsDamage(error))
            {
                throw new JournalDamageException(error.Message, error);
            }
            catch (SqliteException error)
            {
                throw new JournalFaultException(JournalFault.CommitFailed, $"Reading the journal failed: {error.Message}", error);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _reader?.Dispose();
            _reader = null;
        }
    }
}
