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

    private AgentUnderTest(string program, string terminal)
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        TillPort = ((IPEndPoint)port.LocalEndpoint).Port;
        port.Stop();
        _process = Programs.Start(
            program,
            "run", "--data", _folder.FullName, "--set", $"terminal.address={terminal}", "--set", string.Create(CultureInfo.InvariantCulture, $"till.endpoint=tcp://127.0.0.1:{TillPort}"));
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

    public async Task ReadyAsync(CancellationToken cancellationToken) => await Programs.LineAsync(_process, "Line Ready", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
