using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fleet.Agent.Journal;

/// <summary>SQLite's <c>sqlite3_vfs</c>, version 3: how it reaches files. What is only passed on has no name here.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteVfs
{
    public const int KnownVersion = 3;

    public int Version;

    /// <summary>Bytes that SQLite sets aside for each open file.</summary>
    public int FileSize;

    public int MaximumPath;
    public SqliteVfs* Next;
    public byte* Name;
    public void* AppData;

    /// <summary>Path, file to fill in, what it is for, what it was opened for.</summary>
    public delegate* unmanaged[Cdecl]<SqliteVfs*, byte*, SqliteFile*, int, int*, int> Open;

    private AfterOpen _afterOpen;

    [InlineArray(15)]
    private struct AfterOpen
    {
        private nint _method;
    }
}

/// <summary>How every open file begins, <c>sqlite3_file</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFile
{
    /// <summary>Null when it was not opened.</summary>
    public SqliteFileMethods* Methods;
}

/// <summary>SQLite's <c>sqlite3_io_methods</c>, version 3. What is only passed on has no name here.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFileMethods
{
    public const int KnownVersion = 3;

    public int Version;
    public delegate* unmanaged[Cdecl]<SqliteFile*, int> Close;
    private BetweenCloseAndSync _betweenCloseAndSync;

    /// <summary>File and how much is to be synced.</summary>
    public delegate* unmanaged[Cdecl]<SqliteFile*, int, int> Sync;

    private AfterSync _afterSync;

    [InlineArray(3)]
    private struct BetweenCloseAndSync
    {
        private nint _method;
    }

    [InlineArray(13)]
    private struct AfterSync
    {
        private nint _method;
    }
}
