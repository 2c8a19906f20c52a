using Fleet.Agent.Till;
using Fleet.Testing;
using Fleet.Zvt;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Till;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class TillPlacesTests
{
    private const string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";
    private const string Enquiry = "05 01 05 00 00 00 03 02";

    [Test]
    public async Task Till_at_rest_for_longest_gives_way_to_a_new_one()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.MaxConnections = 2);
        await using var talker = await lane.ConnectAsync();
        await AskAsync(talker);
        await using var silent = await lane.ConnectAsync();
        await AskAsync(talker);
        await using var newcomer = await lane.ConnectAsync();
        await newcomer.SendAsync(Sale);

        Assert.That((await newcomer.FollowAsync())[^1].Code, Is.EqualTo(0x060F), "the newcomer pays");
        await silent.ExpectEndAsync();
        await AskAsync(talker);
        Assert.That(lane.Log.Text, Does.Contain("gives way to"));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Tills_that_connect_and_say_nothing_keep_nobody_out()
    {
        await using var lane = await LaneWorld.StartAsync();
        var silent = new List<ScriptedTill>();
        for (var i = 0; i < 40; i++)
        {
            silent.Add(await lane.ConnectAsync());
        }

        await using var till = await lane.ConnectAsync();
        await till.SendAsync(Sale);
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        foreach (var one in silent)
        {
            await one.DisposeAsync();
        }
    }

    [Test]
    public async Task Till_inside_a_dialogue_never_gives_way()
    {
        await using var lane = await LaneWorld.StartAsync(static l =>
        {
            l.TillSettings.MaxConnections = 1;
            l.Differs = static device => device with { CustomerDelay = TimeSpan.FromSeconds(1) };
        });
        await using var paying = await lane.ConnectAsync();
        await paying.SendAsync(Sale);
        await paying.ExpectAsync("80 00 00");
        for (var i = 0; i < 5; i++)
        {
            await using var newcomer = await lane.ConnectAsync();
            await newcomer.ExpectEndAsync();
        }

        Assert.That((await paying.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        Assert.That(lane.Log.Text, Does.Contain("is turned away").And.Not.Contain("gives way"));
        lane.AssertAgreement();

        // And once the agent has the till's last answer, it does.
        await Eventually.TrueAsync(
            async () =>
            {
                await using var next = await lane.ConnectAsync();
                await next.SendAsync(Enquiry);
                await next.FollowUntilGoneAsync();
                return lane.Log.Text.Contains("gives way to", StringComparison.Ordinal);
            },
            "it gives way");
    }

    [Test]
    public async Task Tills_that_come_and_go_while_all_places_are_taken_end_nothing_else()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.MaxConnections = 1);
        for (var i = 0; i < 300; i++)
        {
            var till = await lane.ConnectAsync();
            till.HangUp();
        }

        await using var next = await lane.ConnectAsync();
        await AskAsync(next);
    }

    [Test]
    public async Task Place_of_a_till_that_left_is_free_again()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.MaxConnections = 2);
        await using var stays = await lane.ConnectAsync();
        await AskAsync(stays);
        var leaves = await lane.ConnectAsync();
        await AskAsync(leaves);
        await leaves.DisposeAsync();
        await Eventually.TrueAsync(() => lane.Log.Text.Contains("is gone", StringComparison.Ordinal), "its end is noticed");
        await using var next = await lane.ConnectAsync();
        await AskAsync(next);
        await AskAsync(stays);
    }

    [Test]
    public async Task Till_that_hung_up_gives_its_place_before_anybody_at_rest_though_its_session_has_not_ended()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var places = new TillPlaces(2, NullLogger.Instance);
        TillConnection stays = Silent("stays"), left = Silent("left"), next = Silent("next");
        Assert.That(places.TryTake(stays, () => ended.Task) && places.TryTake(left, () => ended.Task), Is.True);
        left.Close();

        Assert.That(places.TryTake(next, () => ended.Task), Is.True);

        Assert.That((stays.IsGone, next.IsGone), Is.EqualTo((false, false)));
        ended.SetResult();
        await Task.WhenAll(places.Sessions);
    }

    [Test]
    public async Task Dialogues_of_tills_that_hung_up_end_without_a_place_but_not_more_of_them_than_places()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var places = new TillPlaces(2, NullLogger.Instance);
        var taken = 0;
        for (var i = 0; i < 10; i++)
        {
            var till = new TillConnection(new SilentLink(Apdu.FromHex(Enquiry)), $"till {i}", TimeProvider.System, NullLogger.Instance);
            if (!places.TryTake(till, () => ended.Task))
            {
                await till.DisposeAsync();
                continue;
            }

            taken++;
            var pump = till.PumpAsync(CancellationToken.None);
            await Eventually.TrueAsync(() => till.Resting is null, "its command waits");
            till.Close();
            await pump;
        }

        Assert.That(taken, Is.EqualTo(4), "two that have a place, and two whose dialogue ends without one");
        ended.SetResult();
        await Task.WhenAll(places.Sessions);
    }

    private static TillConnection Silent(string name) => new(new SilentLink(), name, TimeProvider.System, NullLogger.Instance);

    private static async Task AskAsync(ScriptedTill till)
    {
        await till.SendAsync(Enquiry);
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
    }

    /// <summary>A till of which nothing comes, or one command.</summary>
    private sealed class SilentLink(Apdu? command = null) : IZvtLink
    {
        private Apdu? _command = command;

        public bool SentMeansReceived => true;

        public ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken) => ValueTask.FromResult(ZvtSendResult.Sent);

        public async ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _command, null) is { } command)
            {
                return ZvtReceiveResult.Of(command);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("nothing comes");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
