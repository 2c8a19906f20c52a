using System.Text;
using Fleet.Contracts.Link.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Journal;

/// <summary>
/// What the writing loop does beside writing: remembers acknowledgements and writes them with the next commit, deletes what may
/// go, watches the space, and writes salvaged entries again. Owned by the journal's writer.
/// </summary>
internal sealed class JournalHousekeeping(JournalOptions options, JournalFolder folder, JournalStamper stamper, TimeProvider clock, ILogger logger) : IDisposable
{
    // Bounds of one round, and of what a payment that comes meanwhile waits for.
    private const int PiecesPerRound = 4;
    private const ulong DeletedPerPiece = 2 * JournalFile.CheckpointEvery;
    private const int VacuumPagesPerPiece = 128;
    private const int SalvageRangesPerRound = 32;

    private readonly HighWaterMark _mark = new(new JournalPaths(options.DataDirectory).HighWaterMark);
    private Salvage? _salvage;
    private int _salvaged;
    private bool _deletesMore;
    private bool _hasShrunk;
    private long _measuredAt;

    public SpaceGuard Space { get; } = new(options, new JournalPaths(options.DataDirectory).Reserve);

    /// <summary>Newest acknowledgement, which may not be written yet.</summary>
    public ulong AcknowledgedThrough { get; private set; }

    public void Opened(JournalFile file)
    {
        AcknowledgedThrough = file.AcknowledgedThrough;
        _salvage = folder.PendingSalvage();
        Space.TryKeepReserve();
        Space.Measure();
        _measuredAt = clock.GetTimestamp();
    }

    /// <summary>True when the next round should not be waited for long.</summary>
    public bool IsWorkLeft(JournalFile file) => _salvage is not null || _deletesMore || Space.IsShort || AcknowledgedThrough != file.AcknowledgedThrough;

    /// <summary>Looks at the space if nobody has for a while; true when it looked.</summary>
    public bool MeasureSpace()
    {
        if (clock.GetElapsedTime(_measuredAt) < options.HousekeepingInterval)
        {
            return false;
        }

        _measuredAt = clock.GetTimestamp();
        Space.Measure();
        return true;
    }

    /// <summary>False when it is not news.</summary>
    public bool Acknowledge(ulong through)
    {
        var isNews = through > AcknowledgedThrough;
        AcknowledgedThrough = Math.Max(through, AcknowledgedThrough);
        return isNews;
    }

    /// <summary>Adds the acknowledgement to the transaction that is running.</summary>
    public void PutAcknowledged(JournalFile file)
    {
        if (AcknowledgedThrough > file.AcknowledgedThrough)
        {
            file.PutAcknowledged(AcknowledgedThrough);
        }
    }

    /// <summary>Notes outside the file what a commit has reached. Failing costs a witness, no entry.</summary>
    public void Mark(JournalFile file)
    {
        try
        {
            _mark.Write(new JournalMark(file.Epoch, file.AcknowledgedThrough, file.LastSequence, file.LastHash));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            JournalLog.NotMarked(logger, error);
        }
    }

    public void Dispose() => _mark.Dispose();

    /// <param name="file">File that is in use.</param>
    /// <param name="isAwaited">Whether somebody waits for the writer.</param>
    /// <exception cref="SqliteException">A transaction failed; the next round tries again.</exception>
    public void Run(JournalFile file, Func<bool> isAwaited)
    {
        Space.Measure();
        Space.TryKeepReserve();
        WriteAcknowledged(file);
        SalvageSome(file);
        var piece = 0;
        do
        {
            _deletesMore = Shrink(file);
            _hasShrunk |= _deletesMore;
        }
        while (_deletesMore && ++piece < PiecesPerRound && !isAwaited());

        if (file.IsLogLong || (_hasShrunk && !_deletesMore))
        {
            file.WriteBackLog();
            _hasShrunk = false;
        }
    }

    // False when there is nothing more that may go.
    private bool Shrink(JournalFile file)
    {
        // Short of space, an acknowledged entry is worth less than the next payment.
        var cutoff = Space.IsShort ? long.MaxValue : stamper.WallMicros() - (options.Retention.Ticks / TimeSpan.TicksPerMicrosecond);
        var deleted = file.DeleteAcknowledged(file.AcknowledgedThrough, cutoff, DeletedPerPiece);
        var gaveBack = file.GiveBackSpace(VacuumPagesPerPiece);
        return deleted || gaveBack;
    }

    private void WriteAcknowledged(JournalFile file)
    {
        if (AcknowledgedThrough == file.AcknowledgedThrough)
        {
            return;
        }

        file.Begin();
        PutAcknowledged(file);
        file.Commit();
        Mark(file);
    }

    private void SalvageSome(JournalFile file)
    {
        if (_salvage is null)
        {
            return;
        }

        using var setAside = folder.OpenSetAside(_salvage);
        for (var i = 0; i < SalvageRangesPerRound && _salvage is not null; i++)
        {
            SalvageRange(file, setAside, _salvage);
        }
    }

    private void SalvageRange(JournalFile file, SetAsideJournal setAside, Salvage salvage)
    {
        var worthSending = setAside.ReadEntries(salvage.After, out var through).FindAll(IsWorthSending);
        var left = through < salvage.Last ? salvage with { After = through } : null;
        file.Begin();
        foreach (var entry in worthSending)
        {
            // The moment it happened stays in the stamp; only the place in the chain is new.
            file.Insert(entry, entry.Stamp ?? stamper.Now());
        }

        file.PutSalvage(left is null ? null : Encoding.UTF8.GetBytes(left.ToString()));
        file.Commit();
        Mark(file);

        // Not before: a commit that fails leaves the range to the next round.
        _salvage = left;
        _salvaged += worthSending.Count;
        if (left is null)
        {
            JournalLog.Salvaged(logger, salvage.SetAside, _salvaged);
        }
    }

    private static bool IsWorthSending(JournalEntry entry) =>
        entry.BodyCase is not (JournalEntry.BodyOneofCase.None or JournalEntry.BodyOneofCase.EpochStarted or JournalEntry.BodyOneofCase.Health);
}
