using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Fleet.Agent.Journal;

/// <summary>
/// Secrets that only this Windows can read (DPAPI). Bound to the machine and not to one account, so that an administrator can prove
/// the journal of a stopped service; the access rules of the data directory decide who may read the file at all.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class MachineSecret
{
    private const uint NoUserInterface = 0x1;
    private const uint LocalMachine = 0x4;

    private static ReadOnlySpan<byte> Purpose => "fleet-agent journal key"u8;

    /// <summary>Wraps a secret.</summary>
    /// <exception cref="CryptographicException">Windows refused.</exception>
    public static byte[] Protect(ReadOnlySpan<byte> secret) => Transform(secret, protect: true);

    /// <summary>Unwraps it.</summary>
    /// <exception cref="CryptographicException">It was wrapped on another Windows, for another purpose, or is damaged.</exception>
    public static byte[] Unprotect(ReadOnlySpan<byte> wrapped) => Transform(wrapped, protect: false);

    private static byte[] Transform(ReadOnlySpan<byte> bytes, bool protect)
    {
        fixed (byte* start = bytes)
        fixed (byte* purpose = Purpose)
        {
            var input = new DataBlob { Length = (uint)bytes.Length, Data = start };
            var entropy = new DataBlob { Length = (uint)Purpose.Length, Data = purpose };
            DataBlob output;
            var done = protect
                ? CryptProtectData(&input, null, &entropy, 0, 0, NoUserInterface | LocalMachine, &output)
                : CryptUnprotectData(&input, 0, &entropy, 0, 0, NoUserInterface, &output);
            if (!done)
            {
                throw new CryptographicException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
            }

            var result = new Span<byte>(output.Data, (int)output.Length);
            var copy = result.ToArray();
            CryptographicOperations.ZeroMemory(result);
            _ = LocalFree((nint)output.Data);
            return copy;
        }
    }

    [LibraryImport("crypt32.dll", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CryptProtectData(DataBlob* input, string? description, DataBlob* entropy, nint reserved, nint prompt, uint flags, DataBlob* output);

    [LibraryImport("crypt32.dll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CryptUnprotectData(DataBlob* input, nint description, DataBlob* entropy, nint reserved, nint prompt, uint flags, DataBlob* output);

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint LocalFree(nint memory);

    [StructLayout(LayoutKind.Sequential)]
    private struct DataBlob
    {
        public uint Length;
        public byte* Data;
    }
}
