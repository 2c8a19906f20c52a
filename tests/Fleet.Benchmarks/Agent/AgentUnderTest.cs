using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Benchmarks.Agent;

/// <summary>The agent as a process of its own, in a data directory of its own.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-bench-");
    private readonly Process _process;

    private AgentUnderTest(string terminal)
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        TillPort = ((IPEndPoint)port.LocalEndpoint).Port;
        port.Stop();
        _process = Programs.Start(
            Programs.Agent,
            "run", "--data", _folder.FullName, "--set", $"terminal.address={terminal}", "--set", string.Create(CultureInfo.InvariantCulture, $"till.endpoint=tcp://127.0.0.1:{TillPort}"));
    }

    public int TillPort { get; }

    public int ProcessId => _process.Id;

    /// <summary>Started; complete when its journal is open, which at a first start is its first durable entry.</summary>
    public static async Task<AgentUnderTest> StartAsync(string terminal, CancellationToken cancellationToken)
    {
        var agent = new AgentUnderTest(terminal);
        await Programs.LineAsync(agent._process, "Journal opened", cancellationToken);
        return agent;
    }

    public async Task ReadyAsync(CancellationToken cancellationToken) => await Programs.LineAsync(_process, "Line Ready", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Programs of ours that are measured from outside.</summary>
internal static class Programs
{
    // The copy beside this program lacks what ASP.NET brings along here.
    public static string Agent
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            var root = output;
            while (!File.Exists(Path.Combine(root.FullName, "FleetManagement.sln")))
            {
                root = root.Parent ?? throw new InvalidOperationException("Run it from a checkout.");
            }

            return Path.Combine(root.FullName, "agent/Fleet.Agent/bin", output.Parent!.Name, output.Name, "fleet-agent.dll");
        }
    }

    public static Process Start(string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    public static async Task LineAsync(Process process, string text, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException($"The process ended before it said '{text}'.");
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
}
