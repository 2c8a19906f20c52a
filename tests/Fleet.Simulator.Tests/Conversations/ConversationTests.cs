using System.Diagnostics;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Conversations;

/// <summary>
/// Whatever the line, the power and the host do: either both sides agree on the outcome, or the till knows that it does not know; and after asking by 05 01 and
/// 06 20 it agrees with the terminal's journal. <c>FLEET_CONVERSATIONS</c> sets how many conversations are held, <c>FLEET_SEED</c> holds one again.
/// </summary>
[Platform("Linux")]
[NonParallelizable]
[CancelAfter(3_600_000)]
public sealed class ConversationTests
{
    private const int AtATime = 6;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(40);

    [Test]
    public async Task Till_and_terminal_agree_or_the_till_finds_out(CancellationToken cancellationToken)
    {
        var only = Number("FLEET_SEED");
        var wanted = Number("FLEET_CONVERSATIONS");
        var seeds = only is { } one ? [one] : Enumerable.Range(1, wanted ?? 60);
        var clock = Stopwatch.StartNew();
        var (held, acts, unknown) = (0, 0, 0);
        await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken }, async (seed, stop) =>
        {
            // A slow machine holds fewer of them; how many were asked for by name are held whatever the time.
            if (wanted is null && only is null && clock.Elapsed > Enough)
            {
                return;
            }

            var plan = Plan.Of(seed);
            await using var conversation = await Conversation.StartAsync(ProfileOf(seed), numbered: seed % 3 == 0, stop);
            try
            {
                foreach (var act in plan)
                {
                    await conversation.PlayAsync(act);
                }

                await conversation.CloseAsync();
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                throw new AssertionException($"FLEET_SEED={seed}\n{string.Join('\n', plan.Select(static a => a.ToString()))}\n{failed.Message}\n{conversation.Story}", failed);
            }

            Interlocked.Increment(ref held);
            Interlocked.Add(ref acts, plan.Length);
            Interlocked.Add(ref unknown, conversation.Unknown);
        });
        await TestContext.Out.WriteLineAsync($"{held} conversations, {acts} acts, {unknown} lost outcomes found out, {clock.Elapsed.TotalSeconds:0} s");
        Assert.That(held, Is.Positive);
    }

    [Test]
    public void Seed_gives_the_same_conversation_again()
    {
        var (first, again, other) = (Told(17), Told(17), Told(18));

        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    /// <summary>On every second terminal the receipts decide as well (reference 9.2).</summary>
    private static VendorProfile ProfileOf(int seed) =>
        seed % 2 == 0 ? VendorProfiles.Default : VendorProfiles.Default with { Reversal = AutoReversal.StatusOnly };

    private static string Told(int seed) => string.Join('\n', Plan.Of(seed).Select(static a => a.ToString()));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}
