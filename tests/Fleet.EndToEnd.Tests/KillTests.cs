namespace Fleet.EndToEnd.Tests;

/// <summary>SIGKILL at any moment under sales: nothing is lost, nothing is doubled.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Children)]
internal sealed class KillTests
{
    private const int Kills = 100;
    private const int LongestRun = 350;

    [Test]
    [CancelAfter(1_200_000)]
    public async Task Agent_killed_at_random_moments_under_sales_leaves_all_books_equal(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(1, cancellationToken);
        var random = new Random(1);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await UnderSalesAsync(shop, random, shop.Lane.Agent.KillAsync, () => shop.Lane.Agent.StartAsync(cancellationToken), cancellationToken);
            await shop.AgreeAsync(shop.Lane, $"after kill {kill} of the agent", cancellationToken);
        }

        Assert.That(shop.Lane.Till.Books.Approved.Count, Is.GreaterThanOrEqualTo(Kills));
    }

    [Test]
    [CancelAfter(1_200_000)]
    public async Task Server_killed_at_random_moments_under_sales_leaves_all_books_equal(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(1, cancellationToken);
        var random = new Random(2);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await UnderSalesAsync(shop, random, shop.World.Server.KillAsync, () => shop.World.Server.StartAsync(cancellationToken), cancellationToken);
            await shop.AgreeAsync(shop.Lane, $"after kill {kill} of the server", cancellationToken);
        }

        Assert.That(shop.Lane.Till.Books.Approved.Count, Is.GreaterThanOrEqualTo(Kills));
    }

    private static async Task UnderSalesAsync(Shop shop, Random random, Func<Task> kill, Func<Task> start, CancellationToken cancellationToken)
    {
        using var stop = new CancellationTokenSource();
        var selling = shop.Lane.Till.RunAsync(stop.Token, cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestRun)), TimeProvider.System, cancellationToken);
        await kill();
        await start();
        await stop.CancelAsync();
        await selling;
        await Shop.SellAsync(shop.Lane, cancellationToken);
    }
}
