using System.Globalization;
using System.Text;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>
/// Creates, opens and sets aside journal files, each in a folder of its own. A new file is built beside and renamed into place
/// when it is complete, so a crash at any point leaves a journal, or the pieces to finish one.
/// </summary>
internal sealed class JournalFolder(JournalOptions options, RecordSeal seal, TimeProvider clock, ICrashPoints crashPoints, ILogger logger)
{
    /// <summary>State key that exists when a damaged journal's state could not be carried over completely; its value says why.</summary>
    public const string StateIncompleteKey = "journal/state-incomplete";

    private readonly JournalPaths _paths = new(options.DataDirectory);
    private readonly JournalStamper _stamper = new(clock, () => options.ServerOffset());

    /// <summary>Opens the journal, or makes the first one; a damaged one is set aside and followed by a new one.</summary>
    /// <exception cref="JournalFaultException">The folder or file cannot be used at all.</exception>
    public JournalFile Open(ulong verifyUpTo)
    {
        try
        {
            FinishInterruptedChange();
            if (!Directory.Exists(_paths.Folder))
            {
                CreateFirst();
            }

            return OpenExisting(verifyUpTo);
        }
        catch (JournalDamageException) when (IsOfAnotherKey())
        {
            throw new JournalFaultException(
                JournalFault.KeyMissing,
                $"The journal in {options.DataDirectory} is encrypted with another key than the one that is here. Put back its key ({_paths.Key}, or the service credential '{JournalKey.CredentialName}').");
        }
        catch (JournalDamageException damage)
        {
            return SetAside(damage.Message, knownHead: null);
        }
        catch (SqliteException error) when (JournalDatabase.IsDamage(error) || (JournalDatabase.IsCannotOpen(error) && !File.Exists(_paths.Database)))
        {
            return SetAside(error.Message, knownHead: null);
        }
    }

    /// <summary>Moves the current file away for good and opens its successor, which carries the state and remembers what to salvage.</summary>
    public JournalFile SetAside(string cause, JournalHead? knownHead)
    {
        var name = JournalPaths.SetAsideName(clock.GetUtcNow(), SetAsideJournal.DigestOf(_paths.Database));
        var epoch = Guid.NewGuid();
        DeleteFolder(_paths.NewFolder);
        using (var damaged = new SetAsideJournal(_paths.Database, seal, knownHead, ReadMark()))
        {
            BuildSuccessor(damaged, name, epoch, cause);
        }

        crashPoints.Reached("set-aside-successor-built");
        Directory.Move(_paths.Folder, Path.Combine(options.DataDirectory, name));
        crashPoints.Reached("set-aside-moved-away");
        Directory.Move(_paths.NewFolder, _paths.Folder);
        SyncDataDirectory();
        crashPoints.Reached("set-aside-done");
        JournalLog.SetAside(logger, cause, name, epoch);
        return OpenExisting(ulong.MaxValue);
    }

    /// <summary>What is still to be salvaged into this file; null when nothing is.</summary>
    public Salvage? PendingSalvage()
    {
        using var reader = new JournalReader(JournalDatabase.OpenReader(_paths.Database), seal);
        return reader.Fact(JournalFile.SalvageFact) is { } fact ? Salvage.Parse(Encoding.UTF8.GetString(fact)) : null;
    }

    public SetAsideJournal OpenSetAside(Salvage salvage) =>
        new(_paths.DatabaseOf(salvage.SetAside), seal, new JournalHead(salvage.Epoch, salvage.Last, [], salvage.After), mark: null);

    public JournalReader OpenReader() => new(JournalDatabase.OpenReader(_paths.Database), seal);

    // Nothing can be read without the key, which must not be taken for damage: the file is whole.
    private bool IsOfAnotherKey()
    {
        try
        {
            using var connection = JournalDatabase.OpenSetAside(_paths.Database);
            var tag = JournalDatabase.ReadKeyTag(connection);
            return tag != 0 && tag != seal.KeyTag;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private JournalFile OpenExisting(ulong verifyUpTo)
    {
        // Before SQLite does: it would begin the log anew and overwrite what tells.
        if (WriteAheadLog.FindDamage(_paths.Database) is { } damage)
        {
            throw new JournalDamageException(damage);
        }

        var connection = JournalDatabase.OpenWriter(_paths.Database);
        try
        {
            using var reader = new JournalReader(JournalDatabase.OpenReader(_paths.Database), seal);
            var head = reader.ReadHead(verifyUpTo);
            reader.ReadStates(string.Empty);
            if (ReadMark()?.MissingFrom(head) is { } missing)
            {
                throw new JournalDamageException(missing);
            }

            JournalLog.Opened(logger, head.Epoch, head.LastSequence, head.AcknowledgedThrough);
            return new JournalFile(connection, seal, head);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private JournalMark? ReadMark()
    {
        using var mark = new HighWaterMark(_paths.HighWaterMark);
        return mark.Read();
    }

    private void CreateFirst()
    {
        DeleteFolder(_paths.NewFolder);
        Build(Guid.NewGuid(), new EpochStarted { Reason = EpochStarted.Types.Reason.FirstStart }, static _ => { });
        Directory.Move(_paths.NewFolder, _paths.Folder);
        SyncDataDirectory();
    }

    private void BuildSuccessor(SetAsideJournal damaged, string name, Guid epoch, string cause)
    {
        var states = damaged.ReadStates(out var complete);
        var started = new EpochStarted
        {
            Reason = EpochStarted.Types.Reason.PreviousDamaged,
            PreviousEpoch = ByteString.CopyFrom(damaged.Epoch.ToByteArray(bigEndian: true)),
            PreviousLastSequence = damaged.LastSequence,
        };
        Build(epoch, started, file =>
        {
            states.ForEach(file.Put);
            if (!complete)
            {
                file.Put(new StateChange(StateIncompleteKey, Encoding.UTF8.GetBytes(cause)));
            }

            var detail = $"{cause}; set aside as {name}{(complete ? string.Empty : "; the agent's state could not be read completely")}";
            file.Insert(Alarms.Critical(ReasonCodes.JournalDamaged, detail), _stamper.Now());
            var salvage = new Salvage(name, damaged.Epoch, damaged.AcknowledgedThrough, damaged.LastSequence);
            file.PutFact(JournalFile.SalvageFact, Encoding.UTF8.GetBytes(salvage.ToString()));
        });
    }

    private void Build(Guid epoch, EpochStarted started, Action<JournalFile> more)
    {
        Directory.CreateDirectory(_paths.NewFolder);
        using (var file = new JournalFile(JournalDatabase.Create(_paths.NewDatabase), seal, new JournalHead(epoch, 0, JournalChain.Genesis.ToArray(), 0)))
        {
            started.AgentVersion = options.AgentVersion;
            JournalDatabase.WriteKeyTag(file.Connection, seal.KeyTag);
            file.Begin();
            file.PutFact(JournalFile.EpochFact, epoch.ToByteArray(bigEndian: true));
            file.Insert(new JournalEntry { EpochStarted = started }, _stamper.Now());
            more(file);
            file.Commit();
            JournalDatabase.Complete(file.Connection);
        }

        crashPoints.Reached("journal-built");
        using (var database = File.OpenHandle(_paths.NewDatabase, FileMode.Open, FileAccess.ReadWrite))
        {
            DurableFile.Sync(database, _paths.NewDatabase);
        }

        DurableFile.SyncFolder(_paths.NewFolder);
    }

    private void FinishInterruptedChange()
    {
        if (!Directory.Exists(_paths.Folder) && Directory.Exists(_paths.NewFolder)
            && Directory.EnumerateDirectories(options.DataDirectory, "journal-damaged-*").Any())
        {
            Directory.Move(_paths.NewFolder, _paths.Folder);
            SyncDataDirectory();
        }
    }

    private void SyncDataDirectory() => DurableFile.SyncFolder(options.DataDirectory);

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>A set-aside file whose readable entries are being written again, and how far that is.</summary>
internal sealed record Salvage(string SetAside, Guid Epoch, ulong After, ulong Last)
{
    public static Salvage? Parse(string text) => text.Split('|') is [var name, var epoch, var after, var last]
        && Guid.TryParse(epoch, out var id)
        && ulong.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
        && ulong.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            ? new Salvage(name, id, from, to)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SetAside}|{Epoch}|{After}|{Last}");
}
