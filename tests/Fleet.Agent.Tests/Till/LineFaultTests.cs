using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Tills;

namespace Fleet.Agent.Tests.Till;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class LineFaultTests
{
    [TestCase(LineFault.DropAck, 1)]
    [TestCase(LineFault.DropAck, 2)]
    [TestCase(LineFault.Nak, 1)]
    [TestCase(LineFault.Nak, 2)]
    [TestCase(LineFault.CorruptFrame, 1)]
    [TestCase(LineFault.CorruptFrame, 2)]
    [TestCase(LineFault.DropFrame, 1)]
    [TestCase(LineFault.DuplicateFrame, 3)]
    public async Task Disturbed_line_changes_no_outcome(LineFault fault, int count)
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        lane.Terminal.LineFaults.Arm(fault, count);
        var payment = await lane.SellAsync(1234);

        await lane.ReadyAsync();
        Assert.That(payment.Outcome, Is.EqualTo(TillOutcome.Approved), payment.Reason);
        Assert.That(lane.Journal.Entries.Count(static e => e.Intent is not null), Is.EqualTo(2), "nothing was sent twice");
        lane.AssertAgreement();
    }

    [TestCase(PaymentStep.Accepted)]
    [TestCase(PaymentStep.BeforeHost)]
    [TestCase(PaymentStep.AfterHost)]
    [TestCase(PaymentStep.StatusSent)]
    [TestCase(PaymentStep.Final)]
    [TestCase(PaymentStep.Completed)]
    public async Task Power_cut_of_the_terminal_is_found_out(PaymentStep step)
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        lane.Terminal.Faults.CutPowerAt(step);
        var selling = lane.SellAsync(1234);
        await Testing.Eventually.TrueAsync(() => !lane.Terminal.IsPowered, "the power is gone");
        await lane.Terminal.PowerOnAsync(CancellationToken.None);

        var payment = await selling;
        await lane.ReadyAsync();
        AssertTillAgrees(lane, payment);
        lane.AssertAgreement();
    }

    [TestCase(PaymentStep.Accepted)]
    [TestCase(PaymentStep.AfterHost)]
    [TestCase(PaymentStep.StatusSent)]
    [TestCase(PaymentStep.Final)]
    public async Task Silence_of_the_terminal_is_found_out(PaymentStep step)
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TerminalSettings.DialogueTimeout = TimeSpan.FromSeconds(2));
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        lane.Terminal.Faults.FallSilentAt(step);
        var selling = lane.SellAsync(1234);
        await Testing.Eventually.TrueAsync(
            () => lane.Journal.Entries.Any(static e => e.Transaction?.Outcome == TransactionOutcome.Unknown), "the loss is written at once");
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await lane.Terminal.PowerOnAsync(CancellationToken.None);

        var payment = await selling;
        await lane.ReadyAsync();
        AssertTillAgrees(lane, payment);
        lane.AssertAgreement();
    }

    [Test]
    public async Task Payment_is_refused_while_an_earlier_one_is_not_known()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await lane.SettleDownAsync();
        lane.Terminal.Faults.CutPowerAt(PaymentStep.StatusSent);
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");
        await Testing.Eventually.TrueAsync(
            () => lane.Journal.Entries.Any(static e => e.Transaction?.Outcome == TransactionOutcome.Unknown), "the loss is written");

        await using var other = await lane.ConnectAsync();
        await other.SendAsync("06 01 0A 04 00 00 00 00 01 00 49 09 78");
        await other.ExpectAsync("80 00 00");
        await other.ExpectAsync("06 1E 01 9C");
        await lane.Terminal.PowerOnAsync(CancellationToken.None);
        await lane.ReadyAsync();
        lane.AssertAgreement();
    }

    [Test]
    public async Task Other_device_on_the_line_is_alarmed_once_and_not_used()
    {
        await using var lane = await LaneWorld.StartAsync();
        lane.Terminal.Change(static m => m with { SerialNumber = "99999999" });
        await lane.Terminal.UnplugAsync();
        lane.Terminal.Replug();
        await Testing.Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.Substituted, "the substitution is seen");
        var payment = await lane.SellAsync(1234);

        Assert.Multiple(() =>
        {
            Assert.That(payment.ResultCode, Is.EqualTo(0xFC));
            Assert.That(lane.Journal.Entries.Count(static e => e.Alarm?.Code == Contracts.ReasonCodes.TerminalSubstituted), Is.EqualTo(1));
            Assert.That(lane.Journal.Entries.Any(static e => e.Intent is not null), Is.False);
        });
    }

    [Test]
    public async Task Cable_that_is_pulled_and_put_back_is_noticed_without_a_poll()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TerminalSettings.PollInterval = TimeSpan.Zero);
        await lane.Terminal.UnplugAsync();
        await Testing.Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.CableOut, "cable out");
        lane.Terminal.Replug();
        await lane.ReadyAsync();
        await lane.SellAsync(500);
        lane.AssertAgreement();
    }

    private static void AssertTillAgrees(LaneWorld lane, TillPayment payment)
    {
        var last = lane.Journal.Entries.Last(static e => e.Transaction is not null).Transaction;
        var approved = last.Outcome == TransactionOutcome.Approved;
        Assert.That(payment.Outcome, Is.EqualTo(approved ? TillOutcome.Approved : TillOutcome.Declined), $"{last.Outcome}: {last.EvidenceText}; till: {payment.Reason}");
    }
}
