using Fleet.Server.Ingest;

namespace Fleet.Server.Tests.Ingest;

public sealed class ByteBudgetTests
{
    [Test]
    public async Task Who_does_not_fit_waits_until_bytes_come_back()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(60, CancellationToken.None);
        var second = budget.TakeAsync(60, CancellationToken.None).AsTask();
        Assert.That(second.IsCompleted, Is.False);

        budget.Release(60);

        await second;
    }

    [Test]
    public async Task Small_ones_do_not_overtake_a_large_one_that_waits()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(60, CancellationToken.None);
        var large = budget.TakeAsync(80, CancellationToken.None).AsTask();
        var small = budget.TakeAsync(10, CancellationToken.None).AsTask();
        Assert.That((large.IsCompleted, small.IsCompleted), Is.EqualTo((false, false)));

        budget.Release(60);

        await large;
        await small;
    }

    [Test]
    public async Task One_beyond_the_limit_is_let_in_alone()
    {
        var budget = new ByteBudget(100);

        await budget.TakeAsync(1_000, CancellationToken.None);
        var next = budget.TakeAsync(1, CancellationToken.None).AsTask();

        Assert.That(next.IsCompleted, Is.False);
        budget.Release(1_000);
        await next;
    }

    [Test]
    public async Task Who_gives_up_waiting_makes_room_for_the_next()
    {
        var budget = new ByteBudget(100);
        using var stop = new CancellationTokenSource();
        await budget.TakeAsync(60, CancellationToken.None);
        var large = budget.TakeAsync(80, stop.Token).AsTask();
        var small = budget.TakeAsync(10, CancellationToken.None).AsTask();

        await stop.CancelAsync();

        Assert.That(async () => await large, Throws.InstanceOf<OperationCanceledException>());
        await small;
    }
}
