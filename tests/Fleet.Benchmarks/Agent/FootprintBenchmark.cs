using System.Diagnostics;

namespace Fleet.Benchmarks.Agent;

/// <summary>An agent that has nothing to do against an empty host that is published alike: start, memory, processor.</summary>
internal sealed class FootprintBenchmark : IRatioBenchmark
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(20);

    // For two minutes after its start the runtime compiles a second time what clocks have called often.
    private static readonly TimeSpan Compiling = TimeSpan.FromMinutes(2);

    public string Name => "footprint";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        // Published before anything is measured.
        await Programs.AgentAsync();
        await Programs.EmptyHostAsync();
        var start = await Interleaved.MedianAsync(rounds, StartAgentAsync, StartHostAsync, cancellationToken);
        var memory = await Interleaved.MedianAsync(1, AgentMemoryAsync, HostMemoryAsync, cancellationToken);
        await using var agent = await AgentUnderTest.StartAsync("tcp://127.0.0.1:1", cancellationToken);
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        var first = await ProcessorAsync(agent, cancellationToken);
        await Task.Delay(Compiling, TimeProvider.System, cancellationToken);
        var used = await ProcessorAsync(agent, cancellationToken);
        return
        [
            new RatioResult("first durable entry after the start", start.Ours, "empty host is up", start.Theirs, start.Ratio, "ms", "100 ms"),
            new RatioResult("memory of an idle agent", memory.Ours, "empty host", memory.Theirs, memory.Ratio, "MB", "<= 1.2"),
            new RatioResult("processor of an idle agent, two minutes after its start", used, "goal", 0.1, used / 0.1, "%", "<= 1"),
            new RatioResult("the same, in the first half minute", first, "goal", 0.1, first / 0.1, "%", "as seen"),
        ];
    }

    // Percent of one processor.
    private static async Task<double> ProcessorAsync(AgentUnderTest agent, CancellationToken cancellationToken)
    {
        var before = Programs.ProcessorTime(agent.ProcessId);
        await Task.Delay(Watched, TimeProvider.System, cancellationToken);
        return (Programs.ProcessorTime(agent.ProcessId) - before) / Watched * 100;
    }

    private static async Task<double> StartAgentAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using var agent = await AgentUnderTest.StartAsync("tcp://127.0.0.1:1", cancellationToken);
        return watch.Elapsed.TotalMilliseconds;
    }

    private static async Task<double> StartHostAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var host = await HostAsync(cancellationToken);
        var elapsed = watch.Elapsed.TotalMilliseconds;
        host.Kill();
        return elapsed;
    }

    private static async Task<double> AgentMemoryAsync(CancellationToken cancellationToken)
    {
        await using var agent = await AgentUnderTest.StartAsync("tcp://127.0.0.1:1", cancellationToken);
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        return Programs.ResidentMegabytes(agent.ProcessId);
    }

    private static async Task<double> HostMemoryAsync(CancellationToken cancellationToken)
    {
        using var host = await HostAsync(cancellationToken);
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        var memory = Programs.ResidentMegabytes(host.Id);
        host.Kill();
        return memory;
    }

    private static async Task<Process> HostAsync(CancellationToken cancellationToken)
    {
        var host = Programs.Start(await Programs.EmptyHostAsync());
        await Programs.LineAsync(host, "up", cancellationToken);
        return host;
    }
}
