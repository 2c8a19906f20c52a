using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Serial.Windows;

/// <summary>kernel32: the communication functions.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Kernel
{
    public const uint GenericRead = 0x80000000;
    public const uint GenericWrite = 0x40000000;
    public const uint OpenExisting = 3;
    public const uint PurgeAll = 0x0001 | 0x0002 | 0x0004 | 0x0008;

    public const int FileNotFound = 2;
    public const int PathNotFound = 3;
    public const int AccessDenied = 5;
    public const int NotReady = 21;
    public const int BadCommand = 22;
    public const int GeneralFailure = 31;
    public const int SharingViolation = 32;
    public const int InvalidFunction = 1;
    public const int InvalidParameter = 87;
    public const int SemaphoreTimeout = 121;
    public const int NoSuchDevice = 433;
    public const int OperationAborted = 995;
    public const int DeviceFailure = 1117;
    public const int DeviceNotConnected = 1167;
    public const int DeviceRemoved = 1617;

    public const uint SetRts = 3;
    public const uint ClearRts = 4;
    public const uint SetDtr = 5;
    public const uint ClearDtr = 6;

    private const string Library = "kernel32.dll";

    [LibraryImport(Library, EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial SafeFileHandle CreateFile(
        string name, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport(Library, EntryPoint = "ReadFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ReadFile(SafeFileHandle file, byte* buffer, uint size, uint* read, nint overlapped);

    [LibraryImport(Library, EntryPoint = "WriteFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool WriteFile(SafeFileHandle file, byte* buffer, uint size, uint* written, nint overlapped);

    [LibraryImport(Library, EntryPoint = "GetCommState", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetCommState(SafeFileHandle file, DeviceControlBlock* block);

    [LibraryImport(Library, EntryPoint = "SetCommState", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetCommState(SafeFileHandle file, DeviceControlBlock* block);

    [LibraryImport(Library, EntryPoint = "SetCommTimeouts", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetCommTimeouts(SafeFileHandle file, CommTimeouts* timeouts);

    [LibraryImport(Library, EntryPoint = "PurgeComm", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool PurgeComm(SafeFileHandle file, uint flags);

    [LibraryImport(Library, EntryPoint = "EscapeCommFunction", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EscapeCommFunction(SafeFileHandle file, uint function);

    [LibraryImport(Library, EntryPoint = "GetCommModemStatus", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetCommModemStatus(SafeFileHandle file, uint* status);

    [LibraryImport(Library, EntryPoint = "ClearCommError", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ClearCommError(SafeFileHandle file, uint* errors, nint status);

    public static string ErrorText(int error) => $"{Marshal.GetPInvokeErrorMessage(error)} (Windows error {error})";
}

/// <summary>DCB: 28 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceControlBlock
{
    public uint Length;
    public uint BaudRate;
    public uint Flags;
    public ushort Reserved;
    public ushort XonLimit;
    public ushort XoffLimit;
    public byte ByteSize;
    public byte Parity;
    public byte StopBits;
    public byte XonCharacter;
    public byte XoffCharacter;
    public byte ErrorCharacter;
    public byte EofCharacter;
    public byte EventCharacter;
    public ushort Reserved1;
}

/// <summary>COMMTIMEOUTS, in milliseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CommTimeouts
{
    public uint ReadInterval;
    public uint ReadMultiplier;
    public uint ReadConstant;
    public uint WriteMultiplier;
    public uint WriteConstant;
}
