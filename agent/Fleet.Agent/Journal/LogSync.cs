using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fleet.Agent.Journal;

/// <summary>
/// SQLite's own way to files on Linux with one difference: a write-ahead log is synced with <c>fdatasync</c>. The package's SQLite was compiled
/// without it and calls <c>fsync</c>, which at each commit also waits for the file's times. The first sync of a log stays SQLite's: it makes the new
/// file's name durable as well.
/// </summary>
/// <remarks>
/// A log has a second descriptor here, since SQLite tells nobody its own: both see every error of writing back since they were opened, and
/// SQLite locks nothing in a log that closing one of them would let go of. Anything unforeseen leaves the log to SQLite's own sync.
/// </remarks>
internal static unsafe partial class LogSync
{
    private const int Ok = 0;
    private const int FailedSync = 10 | (4 << 8);
    private const int ForLog = 0x80000;
    private const int ReadOnlyAndNotInherited = 0x80000;
    private const int None = -1;

    private static readonly SqliteVfs* Base = OperatingSystem.IsLinux() ? FindVfs(null) : null;

    /// <summary>What to open databases with; null where SQLite's own way is taken as it is.</summary>
    public static string? VfsName { get; } = Register("fleet-log-fdatasync");

    private static string? Register(string name)
    {
        if (Base is null || Base->Version < SqliteVfs.KnownVersion)
        {
            return null;
        }

        // SQLite keeps both for as long as the process lives.
        var vfs = (SqliteVfs*)NativeMemory.Alloc((nuint)sizeof(SqliteVfs));
        *vfs = *Base;
        vfs->Version = SqliteVfs.KnownVersion;
        vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        vfs->FileSize = LogAt() + sizeof(Log);
        vfs->Open = &Open;
        return RegisterVfs(vfs, 0) == Ok ? name : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteVfs* vfs, byte* path, SqliteFile* file, int purpose, int* opened)
    {
        var result = Base->Open(Base, path, file, purpose, opened);
        if (result != Ok || (purpose & ForLog) == 0 || file->Methods->Version < SqliteFileMethods.KnownVersion)
        {
            return result;
        }

        var log = LogOf(file);
        log->Base = file->Methods;
        log->Methods = *file->Methods;
        log->Methods.Version = SqliteFileMethods.KnownVersion;
        log->Methods.Sync = &Sync;
        log->Methods.Close = &Close;
        log->NameIsDurable = false;
        log->Descriptor = OpenDescriptor(path, ReadOnlyAndNotInherited);
        file->Methods = &log->Methods;
        return Ok;
    }

    // Never tried again after an error, not even after EINTR: SQLite's own sync is not, and the journal's file is opened anew.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(SqliteFile* file, int how)
    {
        var log = LogOf(file);
        if (log->NameIsDurable && log->Descriptor != None)
        {
            return SyncData(log->Descriptor) == 0 ? Ok : FailedSync;
        }

        var result = log->Base->Sync(file, how);
        log->NameIsDurable = result == Ok;
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(SqliteFile* file)
    {
        var log = LogOf(file);
        if (log->Descriptor != None)
        {
            _ = CloseDescriptor(log->Descriptor);
        }

        return log->Base->Close(file);
    }

    private static Log* LogOf(SqliteFile* file) => (Log*)((byte*)file + LogAt());

    // Behind what SQLite's own way needs for a file.
    private static int LogAt() => (Base->FileSize + sizeof(nint) - 1) / sizeof(nint) * sizeof(nint);

    private struct Log
    {
        public SqliteFileMethods Methods;
        public SqliteFileMethods* Base;
        public int Descriptor;
        public bool NameIsDurable;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial SqliteVfs* FindVfs(byte* name);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_register")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial int RegisterVfs(SqliteVfs* vfs, int asDefault);

    [LibraryImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenDescriptor(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncData(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);
}
