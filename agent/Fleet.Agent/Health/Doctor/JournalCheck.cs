using Fleet.Agent.Journal;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The journal file, while no agent has it open: every record and the whole chain.</summary>
internal sealed class JournalCheck(JournalOptions options) : IDoctorCheck
{
    public string Title => "Journal";

    public Task<Finding> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Look());

    private Finding Look()
    {
        var paths = new JournalPaths(options.DataDirectory);
        if (!File.Exists(paths.Database))
        {
            return Finding.Good("none yet: the first start makes it");
        }

        try
        {
            // Whoever holds the lock verifies the journal itself.
            using var fileLock = new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            using var seal = new RecordSeal(JournalKey.Load(options));
            using var connection = JournalDatabase.OpenSetAside(paths.Database);
            var tag = JournalDatabase.ReadKeyTag(connection);
            if (tag != 0 && tag != seal.KeyTag)
            {
                return Finding.Bad("encrypted with another key than the one that is here", $"Put back {paths.Key} from the backup; without it the journal cannot be read.");
            }

            using var reader = new JournalReader(connection, seal);
            using var mark = new HighWaterMark(paths.HighWaterMark);
            var head = reader.ReadHead(ulong.MaxValue);
            if ((WriteAheadLog.FindDamage(paths.Database) ?? mark.Read()?.MissingFrom(head)) is { } damage)
            {
                throw new JournalDamageException(damage);
            }

            return Finding.Good($"{head.LastSequence} entries, {head.LastSequence - head.AcknowledgedThrough} not yet at the server, chain whole");
        }
        catch (Exception error) when (error is JournalDamageException or SqliteException)
        {
            return Finding.Bad($"damaged: {error.Message}", "Start the agent: it sets the file aside, saves what is readable and reports it. Check the disk.");
        }
        catch (JournalFaultException fault)
        {
            return Finding.Bad(fault.Message, "Put back the key from the backup.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Good("in use by the running agent, see its status");
        }
    }
}
