using System.Diagnostics;
using System.Xml.Linq;

namespace Fleet.Architecture.Tests;

/// <summary>The checkout these tests were built from, as files.</summary>
internal static class Repository
{
    /// <summary>Folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project of the solution folders, by name, with its file.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        new[] { "protos", "agent", "fleet-server", "simulator", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Where(static file => !IsBuildOutput(file))
            .ToDictionary(static file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);

    /// <summary>Files that git knows or would take, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = ListFiles();

    /// <summary>Projects that <paramref name="project"/> compiles against; references that only order the build are left out.</summary>
    public static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Load(Projects[project]).Descendants("ProjectReference")
            .Where(static r => !string.Equals((string?)r.Attribute("ReferenceOutputAssembly"), "false", StringComparison.OrdinalIgnoreCase))
            .Select(static r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));

    /// <summary>Text of a file given relative to the root.</summary>
    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FleetManagement.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run from a checkout: no FleetManagement.sln above them.");
    }

    private static bool IsBuildOutput(string file)
    {
        var path = Path.GetRelativePath(Root, file).Replace('\\', '/');
        return path.Contains("/bin/", StringComparison.Ordinal) || path.Contains("/obj/", StringComparison.Ordinal) || path.Contains("/node_modules/", StringComparison.Ordinal);
    }

    private static List<string> ListFiles()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return [.. files.Where(static f => File.Exists(Path.Combine(Root, f)))];
    }
}
