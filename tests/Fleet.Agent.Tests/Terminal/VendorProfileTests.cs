using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;
using TerminalOptions = Fleet.Agent.Terminal.TerminalOptions;

namespace Fleet.Agent.Tests.Terminal;

/// <summary>The agent and the simulated terminal of the same vendor on one line.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class VendorProfileTests
{
    private static IEnumerable<string> Ids => VendorProfiles.All.Select(static p => p.Id);

    [TestCaseSource(nameof(Ids))]
    public async Task Day_at_a_terminal_of_each_vendor_is_booked_and_settled(string id)
    {
        await using var lane = await StartAsync(id);
        Assert.That((await lane.SellAsync(1234)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.Terminal.Faults.DeclineNext(1, 51);
        Assert.That((await lane.SellAsync(500)).Outcome, Is.EqualTo(TillOutcome.Declined));
        Assert.That((await lane.SellAsync(250)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();

        await using (var till = await lane.ConnectAsync())
        {
            await till.SendAsync("06 50 03 00 00 00");
            Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        }

        var settlement = lane.Journal.Entries.Last(static e => e.Settlement is not null).Settlement;
        Assert.That((settlement.Terminal.Count, settlement.Terminal.Sum.MinorUnits), Is.EqualTo((2u, 1484L)));
        Assert.That((settlement.Journal.Count, settlement.Journal.Sum.MinorUnits), Is.EqualTo((2u, 1484L)));
        Assert.That(lane.Agent!.Line.Manner.Profile.Id, Is.EqualTo(id));
    }

    [TestCaseSource(nameof(Ids))]
    public async Task Power_cut_at_the_outcome_is_found_out_at_a_terminal_of_each_vendor(string id)
    {
        await using var lane = await StartAsync(id);
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        lane.Terminal.Faults.CutPowerAt(Simulator.Faults.PaymentStep.StatusSent);
        var selling = lane.SellAsync(1234);
        await Eventually.TrueAsync(() => !lane.Terminal.IsPowered, "the power is gone");
        await lane.Terminal.PowerOnAsync(CancellationToken.None);
        var payment = await selling;
        await lane.ReadyAsync();

        var last = lane.Journal.Entries.Last(static e => e.Transaction is not null).Transaction;
        Assert.That(payment.Outcome, Is.EqualTo(last.Outcome == TransactionOutcome.Approved ? TillOutcome.Approved : TillOutcome.Declined), last.ToString());
        lane.AssertAgreement();
    }

    [Test]
    public async Task Device_that_tells_its_name_is_recognised_without_a_setting()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Vendor = VendorProfiles.FeigCvend);

        Assert.That(lane.Agent!.Line.Manner.Profile, Is.EqualTo(VendorProfiles.FeigCvend));
    }

    [Test]
    public async Task Command_that_a_terminal_does_not_have_is_not_sent()
    {
        await using var lane = await StartAsync("card-complete");
        await lane.HeartbeatAsync();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.SetClock, "c1")), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Journal.Entries.Any(static e => e.Command?.Stage == CommandStage.Failed), "the command has ended");

        var end = lane.Journal.Entries.Last(static e => e.Command is not null).Command;
        Assert.That((end.Reason, end.Detail), Is.EqualTo((ReasonCodes.TerminalRefused, "card complete SMART has no command 0691")));
    }

    [Test]
    public async Task Lock_is_called_the_gates_where_a_registration_does_not_keep_people_from_selling()
    {
        await using var lane = await StartAsync("ingenico-a32");
        await lane.HeartbeatAsync();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "c1")), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Journal.Entries.Any(static e => e.Command?.Stage == CommandStage.Succeeded), "the lane is disabled");

        var end = lane.Journal.Entries.Last(static e => e.Command is not null).Command;
        Assert.That(end.Enforcement, Is.EqualTo(EnforcementLevel.Gate), end.ToString());
    }

    [Test]
    public async Task Decline_that_means_a_blocked_terminal_is_alarmed_once()
    {
        await using var lane = await StartAsync("card-complete");
        lane.Terminal.Faults.DeclineNext(2, 0x57);
        await lane.SellAsync(100);
        await lane.SellAsync(100);
        await lane.SellAsync(100);
        lane.Terminal.Faults.DeclineNext(1, 0x03);
        await lane.SellAsync(100);

        Assert.That(lane.Journal.Entries.Count(static e => e.Alarm?.Code == ReasonCodes.AcquirerBlocked), Is.EqualTo(2), "once before the approval, once after it");
    }

    [Test]
    public async Task Warning_of_a_blocked_terminal_is_told_with_the_outcome_even_if_the_first_commit_failed()
    {
        await using var lane = await StartAsync("card-complete");
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        var commits = 0;
        lane.Journal.Fails = write => write.Bodies.Any(static b => b.Alarm?.Code == ReasonCodes.AcquirerBlocked) && commits++ == 0;
        lane.Terminal.Faults.DeclineNext(2, 0x57);
        await lane.SellAsync(100);
        await lane.ReadyAsync();
        Assert.That(commits, Is.Positive, "a commit failed");
        await lane.SellAsync(100);

        Assert.That(lane.Journal.Entries.Count(static e => e.Alarm?.Code == ReasonCodes.AcquirerBlocked), Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_of_the_till_is_not_passed_on_where_it_would_be_lost()
    {
        await using var lane = await StartAsync("ingenico-a32", static d => d with { CustomerDelay = TimeSpan.FromSeconds(1) });
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");
        await till.ExpectAsync("80 00 00");
        await till.SendAsync("06 B0 00");
        await till.ExpectAsync("84 9C 00");
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        lane.AssertAgreement();
    }

    [Test]
    public void Silence_that_is_configured_wins_over_the_vendors()
    {
        var options = new TerminalOptions { Profile = "card-complete" };
        Assert.That(options.TimersWith(VendorProfiles.CardComplete.T4).T4, Is.EqualTo(TimeSpan.FromMinutes(5)));
        options.DialogueTimeout = TimeSpan.FromMinutes(1);
        Assert.That(options.TimersWith(VendorProfiles.CardComplete.T4).T4, Is.EqualTo(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void Profile_that_nobody_knows_is_a_fault_with_the_possible_ones()
    {
        var faults = new TerminalOptions { Address = "tcp://127.0.0.1:20007", Profile = "ingenic" }.Faults().ToList();

        Assert.That(faults, Has.Count.EqualTo(1));
        Assert.That(faults[0], Does.StartWith("terminal.profile: auto, default, ingenico-a32,").And.EndsWith("not 'ingenic'"));
    }

    private static Task<LaneWorld> StartAsync(string id, Func<Simulator.Terminals.TerminalOptions, Simulator.Terminals.TerminalOptions>? device = null) => LaneWorld.StartAsync(lane =>
    {
        lane.Vendor = VendorProfiles.Find(id);
        lane.TerminalSettings.Profile = id;
        lane.Differs = device;
    });
}
