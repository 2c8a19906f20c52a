using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fleet.Benchmarks.Agent;

/// <summary>The agent as a process of its own, in a data directory of its own.</summary>
internal sealed partial class AgentUnderTest : IAsyncDisposable
{
    private const int TerminateSignal = 15;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-bench-");
    private readonly string _program;
    private readonly string[] _arguments;
    private Process _process;

    private AgentUnderTest(string program, string terminal)
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        TillPort = ((IPEndPoint)port.LocalEndpoint).Port;
        port.Stop();
        _program = program;
        _arguments = ["run", "--data", _folder.FullName, "--set", $"terminal.address={terminal}", "--set", string.Create(CultureInfo.InvariantCulture, $"till.endpoint=tcp://127.0.0.1:{TillPort}")];
        _process = Programs.Start(_program, _arguments);
    }

    public int TillPort { get; }

    public int ProcessId => _process.Id;

    /// <summary>Started; complete when its journal is open, which at a first start is its first durable entry.</summary>
    public static async Task<AgentUnderTest> StartAsync(string terminal, CancellationToken cancellationToken)
    {
        var agent = new AgentUnderTest(await Programs.AgentAsync(), terminal);
        await Programs.LineAsync(agent._process, "Journal opened", cancellationToken);
        return agent;
    }

    /// <summary>Complete when tills can connect and the terminal answers, whichever is later.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken) => await Programs.LinesAsync(_process, ["Tills connect to", "Line Ready"], cancellationToken);

    /// <summary>Asked to stop as a service manager does, and started again on the same data; complete when it is gone.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        _ = Kill(_process.Id, TerminateSignal);
        await _process.WaitForExitAsync(cancellationToken);
        _process.Dispose();
        _process = Programs.Start(_program, _arguments);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
