namespace Fleet.Benchmarks;

/// <summary>gRPC against a raw HTTP/2 exchange of the same bytes on the same Kestrel: calls, messages and allocated bytes.</summary>
internal sealed class GrpcBenchmark : IRatioBenchmark
{
    private const int Calls = 20_000;
    private const int Messages = 500_000;
    private const int SettlingRounds = 5;

    public string Name => "grpc";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        await using var bench = await RpcBench.StartAsync(cancellationToken);
        await SettleAsync(bench, cancellationToken);
        return
        [
            await CompareAsync("unary 1 x 1", rounds, "", bench, 1, cancellationToken),
            await CompareAsync("unary 1 x 64", rounds, ">= 0.85", bench, 64, cancellationToken),
            await CompareStreamAsync("server streaming", rounds, ">= 0.50", bench.OutputAsync, bench.RawOutputAsync, cancellationToken),
            await CompareStreamAsync("client streaming", rounds, ">= 0.20", bench.InputAsync, bench.RawInputAsync, cancellationToken),
            await AllocatedAsync(rounds, bench, cancellationToken),
        ];
    }

    // The frameworks come compiled; what is compared with them is optimised by the runtime as it runs.
    private static async Task SettleAsync(RpcBench bench, CancellationToken cancellationToken)
    {
        for (var i = 0; i < SettlingRounds; i++)
        {
            await RateAsync(Calls, 64, bench.UnaryAsync, cancellationToken);
            await RateAsync(Calls, 64, bench.RawUnaryAsync, cancellationToken);
        }
    }

    private static async Task<RatioResult> CompareAsync(
        string what, int rounds, string goal, RpcBench bench, int inFlight, CancellationToken cancellationToken)
    {
        var calls = inFlight == 1 ? Calls / 4 : Calls;
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            rounds,
            token => RateAsync(calls, inFlight, bench.UnaryAsync, token),
            token => RateAsync(calls, inFlight, bench.RawUnaryAsync, token),
            cancellationToken);
        return new RatioResult($"gRPC {what}, {RpcBench.RecordSize} bytes", ours, "raw HTTP/2 on Kestrel", theirs, ratio, "calls/s", goal);
    }

    private static async Task<RatioResult> CompareStreamAsync(
        string what,
        int rounds,
        string goal,
        Func<int, CancellationToken, Task> ours,
        Func<int, CancellationToken, Task> raw,
        CancellationToken cancellationToken)
    {
        var (a, b, ratio) = await Interleaved.MedianAsync(
            rounds, token => MessagesAsync(ours, token), token => MessagesAsync(raw, token), cancellationToken);
        return new RatioResult($"gRPC {what}, {RpcBench.RecordSize} bytes", a, "raw HTTP/2 on Kestrel", b, ratio, "messages/s", goal);
    }

    // Both halves of each call, client and server, as they share the process.
    private static async Task<RatioResult> AllocatedAsync(int rounds, RpcBench bench, CancellationToken cancellationToken)
    {
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            rounds,
            token => AllocatedPerCallAsync(bench.UnaryAsync, token),
            token => AllocatedPerCallAsync(bench.RawUnaryAsync, token),
            cancellationToken);
        return new RatioResult("gRPC unary 1 x 1, allocated by client and server", ours, "raw HTTP/2 on Kestrel", theirs, ratio, "bytes/call", "");
    }

    private static async Task<double> RateAsync(
        int calls, int inFlight, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        var left = calls;
        var start = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    await call(cancellationToken);
                }
            },
            cancellationToken)));
        return calls / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> MessagesAsync(Func<int, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        await run(Messages, cancellationToken);
        return Messages / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> AllocatedPerCallAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        const int Sample = 5_000;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Sample; i++)
        {
            await call(cancellationToken);
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Sample;
    }
}
