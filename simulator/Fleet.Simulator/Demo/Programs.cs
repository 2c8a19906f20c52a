namespace Fleet.Simulator.Demo;

/// <summary>Where the product's other programs are. The agent lies beside us; server and posctl where the build put them.</summary>
/// <param name="Agent">Path of <c>fleet-agent.dll</c>, or of the program where it is a packaged one.</param>
/// <param name="Server">Path of <c>fleet-server.dll</c>.</param>
/// <param name="Posctl">Path of <c>posctl.dll</c>.</param>
public sealed record Programs(string Agent, string Server, string Posctl)
{
    /// <summary>Finds them from a build of the whole solution.</summary>
    /// <param name="agent">Another agent than the one of the build, for example <c>/usr/bin/fleet-agent</c>; or null.</param>
    /// <exception cref="DemoFailedException">One is missing; the message says which and what to build.</exception>
    public static Programs Find(string? agent)
    {
        // bin/<configuration>/<framework> of any project of this solution: the others lie at the same place of theirs.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = output.Parent?.Name ?? "Debug";
        var root = output;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "FleetManagement.sln")))
        {
            root = root.Parent;
        }

        string Of(string project, string assembly) => Existing(
            Path.Combine(root?.FullName ?? output.FullName, project, "bin", configuration, output.Name, assembly), project);
        return new Programs(
            agent ?? Of("agent/Fleet.Agent", "fleet-agent.dll"), Of("fleet-server/Fleet.Server", "fleet-server.dll"), Of("fleet-server/Fleet.Cli", "posctl.dll"));
    }

    private static string Existing(string path, string project) => File.Exists(path)
        ? path
        : throw new DemoFailedException($"{path} is not there: run it from a checkout, after 'dotnet build {project}'.");
}
