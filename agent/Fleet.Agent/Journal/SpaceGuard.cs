namespace Fleet.Agent.Journal;

/// <summary>
/// Watches the free space and keeps a reserve: a file that is given up when the disk is full, so that what runs can be finished.
/// Owned by the journal's writer.
/// </summary>
internal sealed class SpaceGuard(JournalOptions options, string reservePath)
{
    // So that the gate does not flutter while something else fills and frees the disk.
    private const double Hysteresis = 1.25;

    /// <summary>True while no new payment should begin.</summary>
    public bool IsShort { get; private set; }

    /// <summary>Measures; true when <see cref="IsShort"/> changed.</summary>
    public bool Measure()
    {
        var free = FreeBytes();
        if (!IsShort)
        {
            IsShort = free < options.MinimumFreeBytes;
            return IsShort;
        }

        if (free <= options.MinimumFreeBytes * Hysteresis || !TryKeepReserve(free))
        {
            return false;
        }

        IsShort = false;
        return true;
    }

    /// <summary>Makes the reserve when there is room for it.</summary>
    public bool TryKeepReserve(long? free = null)
    {
        if (options.ReserveBytes == 0 || (File.Exists(reservePath) && new FileInfo(reservePath).Length == options.ReserveBytes))
        {
            return true;
        }

        if ((free ?? FreeBytes()) < options.ReserveBytes + options.MinimumFreeBytes)
        {
            return false;
        }

        try
        {
            // Written, not only sized: a sparse file reserves nothing.
            using var file = File.OpenHandle(reservePath, FileMode.Create, FileAccess.Write, preallocationSize: options.ReserveBytes);
            var zeros = new byte[64 * 1024];
            for (long at = 0; at < options.ReserveBytes; at += zeros.Length)
            {
                RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, options.ReserveBytes - at)), at);
            }

            return true;
        }
        catch (IOException)
        {
            File.Delete(reservePath);
            return false;
        }
    }

    /// <summary>The disk is full: gives up the reserve. False when there is none left to give.</summary>
    public bool TryReleaseReserve()
    {
        IsShort = true;
        if (!File.Exists(reservePath))
        {
            return false;
        }

        File.Delete(reservePath);
        return true;
    }

    private long FreeBytes() => FreeSpace.Of(Path.GetDirectoryName(reservePath)!);
}
