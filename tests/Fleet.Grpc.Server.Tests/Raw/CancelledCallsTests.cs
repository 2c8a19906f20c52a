using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>Calls that are given up leave nothing behind, neither here nor there.</summary>
[CancelAfter(300_000)]
public sealed class CancelledCallsTests
{
    private const int Calls = 100_000;
    private const int WarmUp = 20_000;
    private const int InFlight = 32;

    [Test]
    public async Task Hundred_thousand_cancelled_calls_leave_memory_and_calls_flat(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var running = 0;
        world.Service.Unary = async (_, context) =>
        {
            Interlocked.Increment(ref running);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }

            return Messages.Response();
        };

        await CancelAsync(world, WarmUp, cancellationToken);
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 0, "no call of the warm-up runs");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await CancelAsync(world, Calls, cancellationToken);
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 0, "no call runs");
        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Out.WriteLine($"{Calls} cancelled calls: {growth} bytes more than after {WarmUp}");
        Assert.That(growth, Is.LessThan(4 << 20), "40 bytes a call would be a leak");

        world.Service.Unary = static (_, _) => Task.FromResult(Messages.Response());
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);

        // On a busy machine Kestrel closes a connection on which resets pile up, and tells so; the client opens another.
        world.Errors.Clear();
    }

    private static Task CancelAsync(GrpcWorld world, int calls, CancellationToken cancellationToken)
    {
        var left = calls;
        return Task.WhenAll(Enumerable.Range(0, InFlight).Select(worker => Task.Run(
            async () =>
            {
                while (Interlocked.Decrement(ref left) is var mine and >= 0)
                {
                    using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancel.Token);

                    // Some before the request has left, some while the service runs.
                    if ((mine + worker) % 3 != 0)
                    {
                        await Task.Yield();
                    }

                    await cancel.CancelAsync();
                    try
                    {
                        await call;
                    }
                    catch (RpcException)
                    {
                        // Cancelled; or refused by a server that asks a client that cancels so much to calm down.
                    }

                    call.Dispose();
                }
            },
            cancellationToken)));
    }
}
