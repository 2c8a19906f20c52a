using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Agent.Journal;

/// <summary>
/// Makes small files durable with every result checked: written beside, fsynced, renamed, folder fsynced. After a power cut a
/// reader sees the old content or the new, never a part and never nothing. The runtime's own flush hides a failed fsync on Linux.
/// </summary>
public static partial class DurableFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int OpenReadOnly = 0;
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>Replaces <paramref name="path"/> with <paramref name="content"/>, readable by the owner alone.</summary>
    /// <exception cref="IOException">A step failed; the old content is still in place.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Private;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush();
                Sync(stream.SafeFileHandle, temporary);
            }

            File.Move(temporary, path, overwrite: true);
            SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Makes what was written to a file durable.</summary>
    /// <exception cref="IOException">The system could not; the pages may be lost, so never try again on the same handle.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        var failed = OperatingSystem.IsWindows() ? !FlushFileBuffers(file) : FSync(file) != 0;
        if (failed)
        {
            throw Failure("fsync", path);
        }
    }

    /// <summary>Makes renames, creations and removals in a folder durable. Windows does that with the operation itself.</summary>
    /// <exception cref="IOException">The system could not.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = Open(folder, OpenReadOnly | OpenCloseOnExec, 0);
        if (handle.IsInvalid)
        {
            throw Failure("open", folder);
        }

        if (FSync(handle) != 0)
        {
            throw Failure("fsync", folder);
        }
    }

    private static IOException Failure(string call, string path)
    {
        var error = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of {path} failed: {error.Message} ({error.NativeErrorCode}).", error);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
