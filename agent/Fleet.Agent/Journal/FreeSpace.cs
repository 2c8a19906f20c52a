namespace Fleet.Agent.Journal;

/// <summary>What the disk of a folder still takes.</summary>
internal static class FreeSpace
{
    /// <summary>Bytes that this process may write there.</summary>
    public static long Of(string folder) => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(folder))! : folder).AvailableFreeSpace;
}
