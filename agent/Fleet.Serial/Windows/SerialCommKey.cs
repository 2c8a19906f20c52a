using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Serial.Windows;

/// <summary>The registry key in which Windows lists the COM ports that exist now.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class SerialCommKey
{
    private const string Path = @"HARDWARE\DEVICEMAP\SERIALCOMM";
    private const uint QueryValue = 0x0001;
    private const int MaximumName = 512;
    private const int MaximumValue = 512;
    private static readonly nint LocalMachine = unchecked((int)0x80000002);

    /// <summary>Driver device and COM name of every port; empty where there is none.</summary>
    public static IReadOnlyList<(string Device, string Port)> Read()
    {
        nint key;
        if (RegOpenKeyEx(LocalMachine, Path, 0, QueryValue, &key) != 0)
        {
            return [];
        }

        try
        {
            return Values(key);
        }
        finally
        {
            _ = RegCloseKey(key);
        }
    }

    private static List<(string Device, string Port)> Values(nint key)
    {
        var ports = new List<(string, string)>();
        var name = stackalloc char[MaximumName];
        var value = stackalloc char[MaximumValue];
        for (uint index = 0; ; index++)
        {
            uint nameLength = MaximumName;
            uint valueBytes = MaximumValue * sizeof(char);
            if (RegEnumValue(key, index, name, &nameLength, 0, 0, (byte*)value, &valueBytes) != 0)
            {
                return ports;
            }

            var text = new string(value, 0, (int)valueBytes / sizeof(char)).TrimEnd('\0');
            ports.Add((new string(name, 0, (int)nameLength), text));
        }
    }

    [LibraryImport("advapi32.dll", EntryPoint = "RegOpenKeyExW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int RegOpenKeyEx(nint key, string path, uint options, uint access, nint* result);

    [LibraryImport("advapi32.dll", EntryPoint = "RegEnumValueW")]
    private static partial int RegEnumValue(
        nint key, uint index, char* name, uint* nameLength, nint reserved, nint type, byte* value, uint* valueBytes);

    [LibraryImport("advapi32.dll", EntryPoint = "RegCloseKey")]
    private static partial int RegCloseKey(nint key);
}
