using System.Diagnostics;
using Fleet.Testing;

namespace Fleet.Mqtt.Tests.Support;

/// <summary>Somebody else's program that runs while a test runs.</summary>
internal sealed class PeerProgram : IDisposable
{
    private PeerProgram(Process process) => Process = process;

    /// <summary>Folder with the peers' scripts, in the sources of this project.</summary>
    public static string Folder { get; } = Path.Combine(FindProject(), "peers");

    public Process Process { get; }

    public static PeerProgram Start(string program, params string[] arguments) => Start(program, new Dictionary<string, string>(), arguments);

    public static PeerProgram Start(string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return new PeerProgram(Process.Start(info)!);
    }

    /// <summary>A script of the peers' folder in node.</summary>
    public static PeerProgram Node(string script, params string[] arguments)
    {
        var node = Engines.Require("node", "apt-get install nodejs");
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            Engines.Missing($"The node peers are not installed: npm ci in {Folder}");
        }

        return Start(node, [Path.Combine(Folder, script), .. arguments]);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
        }

        Process.Dispose();
    }

    private static string FindProject()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.GetFiles("*.csproj").Length == 0)
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
