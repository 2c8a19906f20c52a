namespace Fleet.Simulator.Demo;

/// <summary>The program that runs assemblies: the one that runs us, where it says so.</summary>
internal static class DotnetHost
{
    /// <summary>Path or name of <c>dotnet</c>.</summary>
    public static string Path => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
}
