using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Benchmarks.Journal;

/// <summary>The limit of any durable log on this disk: append to a preallocated file and fdatasync.</summary>
internal sealed partial class RawLog : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private long _at;

    public RawLog(string path, long size)
    {
        _path = path;
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        var zeros = new byte[1024 * 1024];
        for (long at = 0; at < size; at += zeros.Length)
        {
            RandomAccess.Write(_file, zeros, at);
        }

        Sync();
    }

    public void Append(ReadOnlySpan<byte> record)
    {
        RandomAccess.Write(_file, record, _at);
        _at += record.Length;
    }

    public void Sync()
    {
        if (FDataSync(_file) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FDataSync(SafeFileHandle descriptor);
}
