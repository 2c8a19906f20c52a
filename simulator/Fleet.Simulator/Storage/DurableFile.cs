using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Simulator.Storage;

/// <summary>Files that survive a power cut: synchronised with the result checked, replaced in one step.</summary>
internal static partial class DurableFile
{
    /// <summary>Replaces <paramref name="path"/> by <paramref name="bytes"/>: temporary file, synchronise, rename, synchronise the folder.</summary>
    /// <exception cref="IOException">The content may not be on disk; the old file is still there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush();
            Synchronise(file.SafeFileHandle, next);
        }

        File.Move(next, path, overwrite: true);
        SynchroniseFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes what was written to <paramref name="file"/> durable.</summary>
    /// <exception cref="IOException">It may not be.</exception>
    public static void Synchronise(SafeFileHandle file, string path)
    {
        var done = OperatingSystem.IsWindows() ? FlushFileBuffers(file) : FSync(file) == 0;
        if (!done)
        {
            throw new IOException($"{path} cannot be made durable: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Makes a rename or a new file in <paramref name="folder"/> durable; Windows does that with the file.</summary>
    public static void SynchroniseFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int DirectoryCloseOnExec = 0x10000 | 0x80000;
        using var handle = new SafeFileHandle(Open(folder, DirectoryCloseOnExec, 0), ownsHandle: true);
        if (handle.IsInvalid || FSync(handle) != 0)
        {
            throw new IOException($"{folder} cannot be made durable: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [SupportedOSPlatform("windows")]
    [LibraryImport("kernel32.dll", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
