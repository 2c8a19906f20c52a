using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>advapi32: the service control manager and the event log.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class ServiceApi
{
    public const uint OwnProcess = 0x10;

    public const uint Stopped = 1;
    public const uint StartPending = 2;
    public const uint StopPending = 3;
    public const uint Running = 4;

    public const uint ControlStop = 1;
    public const uint ControlInterrogate = 4;
    public const uint ControlShutdown = 5;
    public const uint ControlPreshutdown = 15;
    public const uint AcceptStopShutdownPreshutdown = 0x1 | 0x4 | 0x100;

    public const uint AllAccess = 0xF01FF;
    public const uint QueryStatus = 0x4;
    public const uint ManagerConnect = 0x1;
    public const uint ManagerCreate = 0x2;
    public const uint AutoStart = 2;
    public const uint ErrorNormal = 1;

    public const uint ConfigDescription = 1;
    public const uint ConfigFailureActions = 2;
    public const uint ConfigFailureFlag = 4;
    public const uint ConfigPreshutdown = 7;
    public const uint ActionRestart = 1;

    public const int NoError = 0;
    public const int AccessDenied = 5;
    public const int NotImplemented = 120;
    public const int NoController = 1063;
    public const int ServiceSpecificError = 1066;
    public const int DatabaseLocked = 1055;
    public const int NoSuchService = 1060;
    public const int MarkedForDelete = 1072;
    public const int ServiceExists = 1073;

    private const string Library = "advapi32.dll";

    public static string ErrorText(int error) => $"{new Win32Exception(error).Message} (Windows error {error})";

    [LibraryImport(Library, EntryPoint = "StartServiceCtrlDispatcherW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool StartDispatcher(ServiceTableEntry* table);

    [LibraryImport(Library, EntryPoint = "RegisterServiceCtrlHandlerExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint RegisterHandler(string name, delegate* unmanaged<uint, uint, nint, nint, uint> handler, nint context);

    [LibraryImport(Library, EntryPoint = "SetServiceStatus", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetStatus(nint handle, ServiceStatus* status);

    [LibraryImport(Library, EntryPoint = "OpenSCManagerW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint OpenManager(string? machine, string? database, uint access);

    [LibraryImport(Library, EntryPoint = "CreateServiceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint CreateService(
        nint manager, string name, string display, uint access, uint type, uint start, uint error, string command, string? group, nint tag, string? dependencies, string? account, string? password);

    [LibraryImport(Library, EntryPoint = "OpenServiceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint OpenService(nint manager, string name, uint access);

    [LibraryImport(Library, EntryPoint = "StartServiceW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool StartService(nint service, uint count, nint arguments);

    [LibraryImport(Library, EntryPoint = "ControlService", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Control(nint service, uint control, ServiceStatus* status);

    [LibraryImport(Library, EntryPoint = "QueryServiceStatus", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Query(nint service, ServiceStatus* status);

    [LibraryImport(Library, EntryPoint = "DeleteService", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Delete(nint service);

    [LibraryImport(Library, EntryPoint = "ChangeServiceConfig2W", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Configure(nint service, uint what, void* value);

    [LibraryImport(Library, EntryPoint = "CloseServiceHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool Close(nint handle);

    [LibraryImport(Library, EntryPoint = "RegisterEventSourceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint RegisterEventSource(string? machine, string source);

    [LibraryImport(Library, EntryPoint = "ReportEventW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool ReportEvent(nint log, ushort type, ushort category, uint id, nint user, ushort strings, uint bytes, char** texts, nint data);

    [LibraryImport(Library, EntryPoint = "DeregisterEventSource", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DeregisterEventSource(nint log);
}

/// <summary>SERVICE_TABLE_ENTRYW.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ServiceTableEntry
{
    public char* Name;
    public delegate* unmanaged<uint, char**, void> Main;
}

/// <summary>SERVICE_STATUS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ServiceStatus
{
    public uint Type;
    public uint State;
    public uint Accepted;
    public uint ExitCode;
    public uint SpecificExitCode;
    public uint CheckPoint;
    public uint WaitHint;
}

/// <summary>SC_ACTION.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FailureAction
{
    public uint Type;
    public uint Delay;
}

/// <summary>SERVICE_FAILURE_ACTIONSW.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FailureActions
{
    public uint ResetPeriod;
    public char* RebootMessage;
    public char* Command;
    public uint Count;
    public FailureAction* Actions;
}
