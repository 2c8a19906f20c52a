namespace Grpc.Core;

/// <summary>Version of this library.</summary>
public static class VersionInfo
{
    /// <summary>Version of the assembly.</summary>
    public const string CurrentAssemblyVersion = "0.1.0.0";

    /// <summary>Version of the file.</summary>
    public const string CurrentAssemblyFileVersion = CurrentAssemblyVersion;

    /// <summary>Version of the library.</summary>
    public const string CurrentVersion = "0.1.0";
}
