using Fleet.Contracts.Link.V1;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Till;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class TillDialogueTests
{
    private const string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";

    [Test]
    public async Task Till_that_composes_receipts_gets_no_print_lines_and_one_that_does_not_gets_them()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync("3E");
        await till.SendAsync(Sale);
        var composed = await till.FollowAsync();
        await till.RegisterAsync("BE");
        await till.SendAsync(Sale);
        var printed = await till.FollowAsync();

        Assert.Multiple(() =>
        {
            Assert.That(composed.Select(static m => m.Code), Does.Not.Contain(0x06D1).And.Not.Contain(0x06D3));
            Assert.That(printed.Select(static m => m.Code), Has.Some.EqualTo(0x06D1).Or.Some.EqualTo(0x06D3));
            Assert.That(composed[^1].Code, Is.EqualTo(0x060F));
        });
        lane.AssertAgreement();
    }

    [Test]
    public async Task Registration_of_a_till_never_allows_sales_at_the_device()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync("08");
        Assert.That((byte)lane.Terminal.Memory.Till.Config, Is.EqualTo(0x38));
    }

    [Test]
    public async Task Log_off_is_answered_and_leaves_the_terminal_registered()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync("06 02 00");
        await till.ExpectAsync("80 00 00");
        Assert.That((byte)lane.Terminal.Memory.Till.Config, Is.EqualTo(0x3E));
    }

    [TestCase("08 02 01 01", "84 83 00")]
    [TestCase("08 40 01 07", "84 7D 00")]
    [TestCase("06 01 05 04 00 00 00 00", "84 9A 00")]
    [TestCase("06 01 07 04 00 00 00 0A 12 34", "84 9A 00")]
    [TestCase("06 01 03 FE 01 02", "84 83 00")]
    [TestCase("06 00 02 00 00", "84 9A 00")]
    public async Task Command_that_must_not_reach_the_terminal_is_refused(string command, string answer)
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.SendAsync(command);
        await till.ExpectAsync(answer);
        await till.SendAsync(Sale);
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F), "the till goes on as if nothing had happened");
        lane.AssertAgreement();
    }

    [Test]
    public async Task Abort_of_an_idle_till_is_answered()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 B0 00");
        await till.ExpectAsync("80 00 00");
    }

    [Test]
    public async Task Card_data_of_the_till_is_not_forwarded()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 01 14 04 00 00 00 00 12 34 22 F0 F8 12 34 56 78 12 34 56 78 3A 00".Replace("3A 00", string.Empty, StringComparison.Ordinal).TrimEnd().Replace("01 14", "01 12", StringComparison.Ordinal));
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        lane.AssertAgreement();
        lane.AssertNoCardNumber("1234567812345678");
    }

    [Test]
    public async Task Second_till_is_told_to_wait_while_the_first_one_pays()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var first = await lane.ConnectAsync();
        await using var second = await lane.ConnectAsync();
        await first.RegisterAsync();
        await first.SendAsync(Sale);
        var waited = false;
        var seen = await first.FollowAsync(async message =>
        {
            if (message.Code == 0x040F)
            {
                await second.SendAsync(Sale);
                await second.ExpectAsync("84 9C 00");
                waited = true;
            }

            return true;
        });

        Assert.That((waited, seen[^1].Code), Is.EqualTo((true, 0x060F)));
        await second.SendAsync(Sale);
        Assert.That((await second.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Command_inside_a_dialogue_is_told_to_wait_and_the_dialogue_goes_on()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync(Sale);
        var waits = 0;
        var seen = await till.FollowAsync(async message =>
        {
            if (message.Code == 0x040F)
            {
                await till.SendAsync("05 01 00");
                await till.ExpectAsync("84 9C 00");
                waits++;
            }

            return true;
        });
        Assert.That((waits, seen[^1].Code), Is.EqualTo((1, 0x060F)));
    }

    [Test]
    public async Task Till_that_does_not_issue_the_goods_gets_its_payment_taken_back()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync(Sale);
        Fleet.Zvt.Apdu message;
        while ((message = await till.NextAsync()).Code != 0x040F)
        {
            if (!message.IsResponse)
            {
                await till.SendAsync("80 00 00");
            }
        }

        await till.SendAsync("84 66 00");
        await till.FollowAsync();
        await lane.ReadyAsync();
        var last = lane.Journal.Entries.Last(static e => e.Transaction is not null).Transaction;
        Assert.That(last.Outcome, Is.EqualTo(TransactionOutcome.AutoReversed));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Till_that_hangs_up_at_any_message_loses_nothing()
    {
        await using var lane = await LaneWorld.StartAsync();
        var at = 0;
        for (var wentOn = true; wentOn; at++)
        {
            await using var till = await lane.ConnectAsync();
            await till.RegisterAsync("BE");
            await till.SendAsync(Sale);
            var left = at;
            var hungUp = false;
            var seen = await till.FollowAsync(_ =>
            {
                if (left-- > 0)
                {
                    return Task.FromResult(true);
                }

                till.HangUp();
                hungUp = true;
                return Task.FromResult(false);
            });

            wentOn = hungUp;
            var done = at + 1;
            await Eventually.TrueAsync(
                () => lane.Journal.Entries.Count(static e => e.Transaction?.Outcome == TransactionOutcome.Approved) == done, $"payment {done} is written");
            await lane.ReadyAsync();
            lane.AssertAgreement();
            Assert.That(seen, Is.Not.Empty);
        }

        TestContext.Out.WriteLine($"hung up at {at - 1} messages");
        Assert.That(at, Is.GreaterThan(4));
    }

    [Test]
    public async Task Till_that_falls_silent_at_the_status_information_is_finished_without()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync(Sale);
        await till.FollowAsync(static message => Task.FromResult(message.Code != 0x040F));
        await till.ExpectEndAsync();
        await lane.ReadyAsync();
        Assert.That(lane.Journal.Entries[^1].Transaction.Outcome, Is.EqualTo(TransactionOutcome.Approved));
        lane.AssertAgreement();

        await using var again = await lane.ConnectAsync();
        await again.SendAsync("06 20 05 00 00 00 03 03");
        Assert.That((await again.FollowAsync()).Select(static m => m.Code), Does.Contain(0x040F).And.Contain(0x060F), "the till finds the outcome with 06 20");
    }

    [Test]
    public async Task Agent_that_is_stopped_lets_the_running_payment_finish()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync(Sale);
        var stopping = Task.CompletedTask;
        var seen = await till.FollowAsync(message =>
        {
            if (message.Code == 0x040F)
            {
                stopping = lane.Agent!.StopAsync();
            }

            return Task.FromResult(true);
        });

        await stopping;
        Assert.That(seen[^1].Code, Is.EqualTo(0x060F));
        Assert.That(lane.Journal.Entries[^1].Transaction.Outcome, Is.EqualTo(TransactionOutcome.Approved));
    }

    [Test]
    public async Task Garbage_ends_in_an_answer_or_an_end_and_the_next_till_is_served()
    {
        await using var lane = await LaneWorld.StartAsync();
        var random = new Random(7);
        for (var round = 0; round < 30; round++)
        {
            await using var till = await lane.ConnectAsync();
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            await till.SendRawAsync(bytes);
            till.HangUp();
        }

        await lane.ReadyAsync();
        await using var good = await lane.ConnectAsync();
        await good.RegisterAsync();
        await good.SendAsync(Sale);
        Assert.That((await good.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        lane.AssertAgreement();
    }

    [Test]
    public async Task End_of_day_of_a_till_becomes_a_settlement_and_a_fresh_batch()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await lane.SellAsync(766);
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 50 03 00 00 00");
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));

        var settlement = lane.Journal.Entries.Single(static e => e.Settlement is not null).Settlement;
        var sales = lane.Journal.Entries.Where(static e => e.Transaction is not null).Select(static e => e.Sequence).ToList();
        Assert.Multiple(() =>
        {
            Assert.That((settlement.Terminal.Count, settlement.Terminal.Sum.MinorUnits), Is.EqualTo((2u, 2000L)));
            Assert.That(settlement.Journal, Is.EqualTo(settlement.Terminal));
            Assert.That(settlement.CommandId, Is.Empty);
            Assert.That(settlement.Brands.Sum(static b => b.MinorUnits), Is.EqualTo(2000));
            Assert.That(sales, Is.All.GreaterThan(settlement.AfterSequence).And.All.LessThanOrEqualTo(settlement.ThroughSequence));
        });
        lane.AssertAgreement();
        await lane.SellAsync(300);
        lane.AssertAgreement();
        Assert.That(lane.Agent!.Capture.Snapshot.Batch.AfterSequence, Is.GreaterThanOrEqualTo(settlement.ThroughSequence));
    }

    [Test]
    public async Task End_of_day_without_a_host_leaves_the_batch_open()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        lane.Host.Change(static r => r with { Down = true });
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 50 03 00 00 00");
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x061E));
        Assert.Multiple(() =>
        {
            Assert.That(lane.Journal.Entries, Is.All.Matches<JournalEntry>(static e => e.Settlement is null));
            Assert.That(lane.Agent!.Capture.Snapshot.Settlement, Is.Null);
        });
        lane.AssertAgreement();
    }
}
