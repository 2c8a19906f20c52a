using System.Net.Sockets;
using Fleet.Agent.Tests.Till;
using Fleet.Simulator.Tills;

namespace Fleet.Agent.Tests.Faults;

/// <summary>Tills that send what no till sends, beside a terminal and a journal that must not suffer from it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class HostileTillTests
{
    private const int Attacks = 400;

    [TestCase(1)]
    [TestCase(2)]
    [CancelAfter(120_000)]
    public async Task Four_hundred_attacks_move_no_cent_and_the_next_till_is_served(int seed, CancellationToken cancellationToken)
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        var random = new Random(seed);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; n < Attacks; n++)
        {
            await AttackAsync(lane, random, cancellationToken);
        }

        await lane.DropTillAsync();
        Assert.That((await lane.SellAsync(766)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
        Assert.Multiple(() =>
        {
            Assert.That(lane.Agent!.Capture.Snapshot.Batch.Of("EUR").SumMinor, Is.EqualTo(2000));
            Assert.That(lane.Journal.Entries.Count(static e => e.Transaction is not null && e.Transaction.Amount.MinorUnits is not (1234 or 766)), Is.Zero);
            Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(32 * 1024 * 1024));
        });
    }

    // Never a whole payment with an amount: only what must not become one.
    private static async Task AttackAsync(LaneWorld lane, Random random, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(lane.Agent!.Endpoint, cancellationToken);
        byte[] bytes = random.Next(7) switch
        {
            0 => Noise(random, random.Next(1, 2000)),
            1 => [0x06, 0x01, 0xFF, 0xFF, 0xFF, .. Noise(random, 64)],
            2 => [0x06, 0x01, 0x0A, 0x04, 0x00],
            3 => [0x06, 0x01, 0x07, 0x04, 0x0A, 0xBC, 0xDE, 0xF0, 0x12, 0x34],
            4 => [0x04, 0x0F, 0x02, 0x27, 0x00, 0x06, 0x0F, 0x00, 0x80, 0x00, 0x00],
            5 => [.. Enumerable.Repeat<byte[]>([0x05, 0x01, 0x00], 50).SelectMany(static c => c)],
            _ => [0x06, 0x01, 0x05, 0x06, 0x82, 0xFF, 0xFF, 0x1F],
        };
        try
        {
            await socket.SendAsync(bytes, cancellationToken);
            if (random.Next(2) == 0)
            {
                socket.Shutdown(SocketShutdown.Send);
                var answer = new byte[256];
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                await socket.ReceiveAsync(answer, patience.Token);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The agent had enough of it, or says nothing: both are fine.
        }
    }

    private static byte[] Noise(Random random, int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);

        // Nothing in it may be the beginning of a real command of a till.
        for (var i = 0; i < length; i++)
        {
            noise[i] = noise[i] is 0x05 or 0x06 or 0x08 ? (byte)0x0F : noise[i];
        }

        return noise;
    }
}
