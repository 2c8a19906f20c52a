using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Server.Trust;

/// <summary>
/// Small files that are whole and on the disk, or not there: temporary file, fsync, rename, fsync of the directory.
/// fsync is called directly because the runtime's flush does not report its failure on Linux.
/// </summary>
public static partial class DurableFile
{
    private const int OpenReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC (x86-64, arm64 see DirectoryFlags)
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file that only its owner may read (0600).</summary>
    /// <exception cref="IOException">A write, fsync or rename failed; the old content, if any, still stands.</exception>
    public static void WriteSecret(string path, ReadOnlySpan<byte> content) => Write(path, content, OwnerOnly);

    /// <summary>Writes a file that everybody may read (0644).</summary>
    /// <inheritdoc cref="WriteSecret"/>
    public static void WritePublic(string path, ReadOnlySpan<byte> content) => Write(path, content, Readable);

    private static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var temporary = path + ".tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            Synchronize(file.SafeFileHandle, temporary);
        }

        File.Move(temporary, path, overwrite: true);
        SynchronizeDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static void Synchronize(SafeFileHandle handle, string path)
    {
        var done = OperatingSystem.IsWindows() ? FlushFileBuffers(handle) : Fsync(handle) == 0;
        if (!done)
        {
            throw Failed("fsync", path);
        }
    }

    private static void SynchronizeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals the rename; a directory handle cannot be flushed there.
            return;
        }

        using var directory = Open(path, DirectoryFlags());
        if (directory.IsInvalid)
        {
            throw Failed("open", path);
        }

        Synchronize(directory, path);
    }

    // O_DIRECTORY is 0x4000 on arm64 and 0x10000 on x86-64.
    private static int DirectoryFlags() =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 | 0x80000 : OpenReadOnlyDirectory;

    private static IOException Failed(string call, string path) =>
        new($"{call} of {path} failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle handle);
}
