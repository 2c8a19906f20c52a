using System.Security.Cryptography;

namespace Fleet.Agent.Journal;

/// <summary>What became of a journal's key.</summary>
public enum KeyFate
{
    /// <summary>It was overwritten and removed: what is left of the journal anywhere cannot be read.</summary>
    Destroyed,

    /// <summary>It is a credential of the service manager, which alone can destroy it.</summary>
    HeldElsewhere,

    /// <summary>The journal was not encrypted; its files were removed, which proves nothing on flash memory.</summary>
    None,
}

/// <summary>
/// Destroys the journal of a retired terminal: the key first, because what is encrypted with it is gone with it, set-aside journals and
/// blocks that the disk still holds included; then the files. Every step may be repeated, and a crash between two leaves what the next
/// call finishes. No agent may run on the directory.
/// </summary>
internal static class JournalErasure
{
    /// <summary>Erases, or finishes an erasure that was cut short.</summary>
    /// <exception cref="IOException">A step failed; the next call goes on there.</exception>
    public static void Erase(string dataDirectory, ICrashPoints crashPoints)
    {
        var paths = new JournalPaths(dataDirectory);
        crashPoints.Reached("journal-erase-key-before");
        if (File.Exists(paths.Key))
        {
            using (var file = File.OpenHandle(paths.Key, FileMode.Open, FileAccess.Write))
            {
                RandomAccess.Write(file, RandomNumberGenerator.GetBytes((int)RandomAccess.GetLength(file)), 0);
                DurableFile.Sync(file, paths.Key);
            }

            crashPoints.Reached("journal-erase-key-overwritten");
            File.Delete(paths.Key);
            DurableFile.SyncFolder(dataDirectory);
        }

        crashPoints.Reached("journal-erase-key-gone");
        foreach (var folder in Folders(dataDirectory, paths))
        {
            Directory.Delete(folder, recursive: true);
            crashPoints.Reached("journal-erase-folder-gone");
        }

        File.Delete(paths.HighWaterMark);
        File.Delete(paths.Reserve);
        DurableFile.SyncFolder(dataDirectory);
        crashPoints.Reached("journal-erase-files-gone");
    }

    /// <summary>What an erasure will do to the key that is there now.</summary>
    public static KeyFate FateOf(string dataDirectory) =>
        JournalKey.IsCredential ? KeyFate.HeldElsewhere : File.Exists(new JournalPaths(dataDirectory).Key) ? KeyFate.Destroyed : KeyFate.None;

    /// <summary>What is still there of a journal; empty after an erasure.</summary>
    public static IReadOnlyList<string> Remains(string dataDirectory)
    {
        var paths = new JournalPaths(dataDirectory);
        return [.. Folders(dataDirectory, paths), .. new[] { paths.Key, paths.HighWaterMark, paths.Reserve }.Where(File.Exists)];
    }

    private static List<string> Folders(string dataDirectory, JournalPaths paths) =>
        [.. new[] { paths.Folder, paths.NewFolder }.Where(Directory.Exists), .. Directory.GetDirectories(dataDirectory, JournalPaths.SetAsidePattern)];
}
