using System.Security.Cryptography;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>
/// A damaged journal file, read without changing it and without believing it: every record that comes out passed its seal, every
/// one that does not is skipped. Not thread-safe.
/// </summary>
internal sealed class SetAsideJournal : IDisposable
{
    private const int RangeLength = 256;
    private readonly SqliteConnection? _connection;
    private readonly RecordSeal _seal;
    private readonly Dictionary<ulong, byte[]> _logged;
    private readonly bool _endIsMissing;

    public SetAsideJournal(string database, RecordSeal seal, JournalHead? knownHead, JournalMark? mark)
    {
        _seal = seal;
        _endIsMissing = IsLogDamaged(database);
        _connection = TryOpen(database);
        Epoch = knownHead?.Epoch ?? ReadEpoch() ?? mark?.Epoch ?? Guid.Empty;
        _logged = ReadLog(database);
        AcknowledgedThrough = Math.Max(
            Math.Max(ReadAcknowledged(), knownHead?.AcknowledgedThrough ?? 0),
            mark is { } m && m.Epoch == Epoch ? m.Through : 0);
        var readable = Math.Max(ReadMaximum("SELECT max(sequence) FROM entry"), ReadMaximum("SELECT max(sequence) FROM checkpoint"));
        LastSequence = Math.Max(Math.Max(readable, _logged.Keys.DefaultIfEmpty().Max()), Math.Max(knownHead?.LastSequence ?? 0, AcknowledgedThrough));
        LastSequence = mark is { } reached && reached.Epoch == Epoch ? Math.Max(LastSequence, reached.Last) : LastSequence;
        _endIsMissing |= readable < LastSequence;
    }

    /// <summary>Its epoch; empty when nothing tells.</summary>
    public Guid Epoch { get; }

    public ulong AcknowledgedThrough { get; }

    /// <summary>The last sequence anything tells of.</summary>
    public ulong LastSequence { get; }

    /// <summary>SHA-256 of the file's first bytes up to 64 MB, shortened to 8 hexadecimal digits, to tell set-aside files apart.</summary>
    public static string DigestOf(string database)
    {
        const int limit = 64 * 1024 * 1024;
        try
        {
            using var file = File.OpenHandle(database, share: FileShare.ReadWrite | FileShare.Delete);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[64 * 1024];
            for (long at = 0; at < limit && RandomAccess.Read(file, buffer, at) is > 0 and var read; at += read)
            {
                hash.AppendData(buffer, 0, read);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 4));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }

    /// <summary>All readable state; <paramref name="complete"/> is false when something could not be read, or was changed later than what can be.</summary>
    public List<StateChange> ReadStates(out bool complete)
    {
        var states = new List<StateChange>();
        complete = _connection is not null && !_endIsMissing;
        Try(_connection, "SELECT key, record FROM state ORDER BY key", row =>
        {
            var key = row.GetString(0);
            if (row.GetValue(1) is byte[] record && _seal.Open(RecordSeal.PlaceOfState(key), record) is { } value)
            {
                states.Add(new StateChange(key, value));
                return true;
            }

            return false;
        }, ref complete);
        return states;
    }

    /// <summary>The readable entries of the next sequences after <paramref name="after"/>; <paramref name="through"/> is how far it looked.</summary>
    public List<JournalEntry> ReadEntries(ulong after, out ulong through)
    {
        var last = through = Math.Min(after + RangeLength, LastSequence);
        var found = new SortedDictionary<ulong, JournalEntry>();
        var complete = true;
        Try(_connection, $"SELECT sequence, record FROM entry WHERE sequence > {after} AND sequence <= {through} ORDER BY sequence", row => Take(row, found), ref complete);
        for (var sequence = after + 1; !complete && sequence <= through; sequence++)
        {
            // A damaged page ends the scan; its neighbours are still found one by one.
            var ignored = true;
            Try(_connection, $"SELECT sequence, record FROM entry WHERE sequence = {sequence}", row => Take(row, found), ref ignored);
        }

        foreach (var (sequence, record) in _logged.Where(r => r.Key > after && r.Key <= last && !found.ContainsKey(r.Key)).ToList())
        {
            Take(sequence, record, found);
        }

        return [.. found.Values];
    }

    public void Dispose() => _connection?.Dispose();

    private bool Take(SqliteDataReader row, SortedDictionary<ulong, JournalEntry> found) =>
        row.GetValue(1) is byte[] record && Take((ulong)row.GetInt64(0), record, found);

    private bool Take(ulong sequence, byte[] record, SortedDictionary<ulong, JournalEntry> found)
    {
        if (_seal.OpenEntry(Epoch, sequence, record) is { } bytes)
        {
            try
            {
                found[sequence] = JournalEntry.Parser.ParseFrom(bytes);
                return true;
            }
            catch (InvalidProtocolBufferException)
            {
                return false;
            }
        }

        return false;
    }

    private Guid? ReadEpoch() => ReadFact(JournalFile.EpochFact) is { Length: 16 } bytes ? new Guid(bytes, bigEndian: true) : null;

    private ulong ReadAcknowledged() => ReadFact(JournalFile.AcknowledgedFact) is { Length: sizeof(ulong) } bytes
        ? System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes)
        : 0;

    private byte[]? ReadFact(string name)
    {
        byte[]? value = null;
        var ignored = true;
        Try(_connection, $"SELECT value FROM fact WHERE name = '{name}'", row =>
        {
            value = row.GetValue(0) is byte[] record ? _seal.Open(RecordSeal.PlaceOfFact(name), record) : null;
            return true;
        }, ref ignored);
        return value;
    }

    private ulong ReadMaximum(string sql)
    {
        ulong maximum = 0;
        var ignored = true;
        Try(_connection, sql, row =>
        {
            maximum = row.IsDBNull(0) ? 0 : (ulong)Math.Max(0, row.GetInt64(0));
            return true;
        }, ref ignored);

        // A flipped bit in a key may claim anything; the salvage walks over every sequence up to here.
        const ulong believable = 100_000_000;
        return maximum <= believable ? maximum : 0;
    }

    private static bool IsLogDamaged(string database)
    {
        try
        {
            return WriteAheadLog.FindDamage(database) is not null;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // What SQLite does not see behind a damaged frame. A later frame holds the newer record.
    private Dictionary<ulong, byte[]> ReadLog(string database)
    {
        var records = new Dictionary<ulong, byte[]>();
        try
        {
            foreach (var page in WriteAheadLog.Pages(database))
            {
                foreach (var (sequence, record) in LeafPage.Entries(page).Where(e => _seal.OpenEntry(Epoch, e.Sequence, e.Record) is not null))
                {
                    records[sequence] = record;
                }
            }
        }
        catch (IOException)
        {
            // As far as it can be read.
        }

        return records;
    }

    private static SqliteConnection? TryOpen(string database)
    {
        try
        {
            return JournalDatabase.OpenSetAside(database);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static void Try(SqliteConnection? connection, string sql, Func<SqliteDataReader, bool> read, ref bool complete)
    {
        if (connection is null)
        {
            complete = false;
            return;
        }

        try
        {
            using var command = JournalDatabase.Prepare(connection, sql);
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                complete &= read(row);
            }
        }
        catch (Exception error) when (error is SqliteException or InvalidCastException or InvalidOperationException or ArgumentException)
        {
            // Whatever a damaged page makes of a row ends this query, not the salvage.
            complete = false;
        }
    }
}
