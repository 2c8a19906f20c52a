using System.Globalization;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.EndToEnd.Tests;

/// <summary>
/// The agent as a process is stopped with SIGTERM and started again. <c>FLEET_AGENT=/usr/bin/fleet-agent</c> measures a packaged one instead of
/// the build's.
/// </summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class RestartTests
{
    private const int Restarts = 10;

    // The goal is a second, for a packaged agent on a machine that is not also building and testing.
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(10);

    [Test]
    public async Task Agent_that_is_idle_serves_its_till_again_quickly(CancellationToken cancellationToken)
    {
        await using var shop = await OpenAsync(cancellationToken);
        await Shop.SellAsync(shop.Lane, cancellationToken);
        List<double> away = [];
        for (var i = 0; i < Restarts; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await shop.Lane.Agent.DisposeAsync();
            var stopped = TimeProvider.System.GetElapsedTime(start);
            await shop.Lane.Agent.StartAsync(cancellationToken);
            var ready = TimeProvider.System.GetElapsedTime(start);
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stopped after {stopped.TotalMilliseconds:0} ms, ready for the till after {ready.TotalMilliseconds:0} ms"));
            away.Add(ready.TotalMilliseconds);
            await Shop.SellAsync(shop.Lane, cancellationToken);
        }

        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median {away.Order().ElementAt(Restarts / 2):0} ms, longest {away.Max():0} ms"));
        Assert.That(TimeSpan.FromMilliseconds(away.Max()), Is.LessThan(Generous));
        await shop.AgreeAsync(shop.Lane, "after the restarts", cancellationToken);
    }

    [Test]
    public async Task Agent_that_is_stopped_during_a_payment_finishes_the_tills_dialogue(CancellationToken cancellationToken)
    {
        await using var shop = await OpenAsync(cancellationToken);
        await Shop.SellAsync(shop.Lane, cancellationToken);
        var random = new Random(3);
        var running = 0;
        for (var i = 0; i < Restarts; i++)
        {
            await Shop.SellAsync(shop.Lane, cancellationToken);
            var before = shop.Lane.Till.Books.Payments.Count;
            var selling = shop.Lane.Till.SellAsync(1_234, cancellationToken, cancellationToken);
            await Eventually.TrueAsync(() => shop.Lane.Till.Books.Payments.Count > before, "the till has asked");
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(60)), TimeProvider.System, cancellationToken);
            running += selling.IsCompleted ? 0 : 1;
            await shop.Lane.Agent.DisposeAsync();
            await shop.Lane.Agent.StartAsync(cancellationToken);
            var sold = await selling;
            Assert.That(sold.Outcome, Is.Not.EqualTo(TillOutcome.Unknown));
            Assert.That(sold.Outcome != TillOutcome.Approved || sold.Reason == "completed", Is.True, $"the dialogue of a payment that went through was cut: {sold}");
            await shop.AgreeAsync(shop.Lane, $"after stop {i + 1}", cancellationToken);
        }

        TestContext.Out.WriteLine($"{running} of {Restarts} stops met a payment");
        Assert.That(running, Is.Positive);
    }

    private static Task<Shop> OpenAsync(CancellationToken cancellationToken) => Shop.OpenAsync(1, cancellationToken, Environment.GetEnvironmentVariable("FLEET_AGENT"));
}
