using System.Diagnostics;
using System.Globalization;

namespace Fleet.Benchmarks.Agent;

/// <summary>Programs of ours that are measured from outside.</summary>
internal static class Programs
{
    // Benchmarks run one after the other.
    private static Task<string>? _agent;
    private static Task<string>? _emptyHost;

    /// <summary>The agent as it goes into a package; published at the first call.</summary>
    public static Task<string> AgentAsync() => _agent ??= PublishAsync("agent/Fleet.Agent", "fleet-agent");

    /// <summary>A host that does nothing, published alike.</summary>
    public static Task<string> EmptyHostAsync() => _emptyHost ??= PublishAsync("tests/Fleet.EmptyHost", "Fleet.EmptyHost");

    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;

    public static Task LineAsync(Process process, string text, CancellationToken cancellationToken) => LinesAsync(process, [text], cancellationToken);

    /// <summary>Reads what the process says until it said every one of these, in whatever order.</summary>
    public static async Task LinesAsync(Process process, string[] texts, CancellationToken cancellationToken)
    {
        List<string> missing = [.. texts];
        while (missing.Count > 0)
        {
            var line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException($"The process ended before it said '{missing[0]}'.");
            missing.RemoveAll(text => line.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>Resident memory in megabytes.</summary>
    public static double ResidentMegabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Processor time used so far.</summary>
    public static TimeSpan ProcessorTime(int process)
    {
        using var known = Process.GetProcessById(process);
        return known.TotalProcessorTime;
    }

    private static async Task<string> PublishAsync(string project, string name)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "FleetManagement.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("Run it from a checkout.");
        }

        var folder = Path.Combine(root.FullName, "artifacts", "benchmarks", name);
        using var publishing = Start(Path.Combine(root.FullName, "deploy", "publish.sh"), "linux-x64", folder, project);
        var said = await publishing.StandardOutput.ReadToEndAsync();
        await publishing.WaitForExitAsync();
        return publishing.ExitCode == 0 ? Path.Combine(folder, name) : throw new InvalidOperationException($"{project} was not published: {said}");
    }
}
