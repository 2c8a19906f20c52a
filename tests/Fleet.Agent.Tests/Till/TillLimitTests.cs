using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Till;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;
using Microsoft.Extensions.Logging.Abstractions;
using TillOptions = Fleet.Agent.Till.TillOptions;

namespace Fleet.Agent.Tests.Till;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TillLimitTests
{
    private readonly MemoryJournal _journal = new() { AcknowledgesAtOnce = false };
    private readonly TestClock _clock = new();
    private readonly TillOptions _options = new();

    [Test]
    public async Task Count_of_unsent_payments_is_limited_until_the_server_holds_them()
    {
        _options.OfflineCount = 2;
        var limits = await LimitsAsync(500, 700);
        Assert.That(limits.Refusal(Sale(100)), Is.EqualTo(TillRefusal.OfflineLimit));
        await _journal.AcknowledgeAsync(_journal.Position.Epoch, 1, CancellationToken.None);
        Assert.That(limits.Refusal(Sale(100)), Is.Null);
    }

    [Test]
    public async Task Sum_of_unsent_payments_and_the_new_one_is_limited_by_currency()
    {
        _options.OfflineAmounts["EUR"] = 1500;
        var limits = await LimitsAsync(500, 700);
        Assert.Multiple(() =>
        {
            Assert.That(limits.Refusal(Sale(300)), Is.Null);
            Assert.That(limits.Refusal(Sale(301)), Is.EqualTo(TillRefusal.OfflineLimit));
            Assert.That(limits.Refusal(Sale(5000, "08 26")), Is.Null, "another currency");
        });
    }

    [Test]
    public async Task Unsent_money_is_summed_by_currency_as_it_comes_and_goes()
    {
        var exposure = new OfflineExposure(_journal, _clock);
        foreach (var (minor, currency) in new[] { (500L, "EUR"), (700L, "CHF"), (200L, "EUR") })
        {
            var transaction = new Transaction { Outcome = TransactionOutcome.Approved, Amount = new Money { MinorUnits = minor, Currency = currency } };
            var receipt = await _journal.AppendAsync(JournalWrite.Of(new JournalEntry { Transaction = transaction }), CancellationToken.None);
            exposure.Add(receipt.Epoch, receipt.LastSequence, transaction);
        }

        Assert.That((exposure.Current().Count, exposure.Current().Sums), Is.EqualTo((3, new Dictionary<string, long>(StringComparer.Ordinal) { ["EUR"] = 700, ["CHF"] = 700 })));
        await _journal.AcknowledgeAsync(_journal.Position.Epoch, 2, CancellationToken.None);
        Assert.That((exposure.Current().Count, exposure.Current().Sums), Is.EqualTo((1, new Dictionary<string, long>(StringComparer.Ordinal) { ["EUR"] = 200 })));
        await _journal.AcknowledgeAsync(_journal.Position.Epoch, 3, CancellationToken.None);
        Assert.That((exposure.Current().Count, exposure.Current().Sums), Is.EqualTo((0, new Dictionary<string, long>(StringComparer.Ordinal))));
    }

    [Test]
    public async Task Age_of_the_oldest_unsent_payment_is_limited()
    {
        _options.OfflineAge = TimeSpan.FromHours(1);
        var limits = await LimitsAsync(500);
        Assert.That(limits.Refusal(Sale(100)), Is.Null);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.That(limits.Refusal(Sale(100)), Is.EqualTo(TillRefusal.OfflineLimit));
        await _journal.AcknowledgeAsync(_journal.Position.Epoch, 1, CancellationToken.None);
        Assert.That(limits.Refusal(Sale(100)), Is.Null);
    }

    [Test]
    public async Task Reversal_is_never_held_back_by_the_offline_limits()
    {
        _options.OfflineCount = 1;
        var limits = await LimitsAsync(500);
        Assert.That(limits.Refusal(Read("06 30 06 00 00 00 87 00 07")), Is.Null);
    }

    [TestCase("refund", "06 31 0D 00 00 00 04 00 00 00 00 03 00 49 09 78")]
    [TestCase("reversal", "06 30 06 00 00 00 87 00 07")]
    [TestCase("preAuthorisation", "06 22 07 04 00 00 00 00 03 00")]
    [TestCase("directDebit", "06 01 09 04 00 00 00 00 03 00 19 00")]
    public async Task Method_that_is_off_is_refused_and_others_are_not(string method, string command)
    {
        _options.MethodsOff.Add(method);
        var limits = await LimitsAsync();
        Assert.That(limits.Refusal(Read(command)), Is.EqualTo(TillRefusal.MethodOff));
        Assert.That(limits.Refusal(Sale(100)), Is.Null);
    }

    [Test]
    public void Faults_of_the_options_are_named_with_their_keys()
    {
        _options.Endpoint = "20007";
        _options.SerialPort = "COM1";
        _options.MaxConnections = 0;
        _options.Language = "ja";
        _options.MethodsOff.Add("barter");
        _options.OfflineCount = -1;
        _options.AmountCaps["EURO"] = 5;
        var faults = _options.Faults().Select(static f => f.Split(": ")[0]).ToList();
        Assert.That(faults, Is.EqualTo(new[]
        {
            "till.endpoint", "till.serialPort", "till.maxConnections", "till.language", "till.methodsOff", "till.offlineCount, till.offlineAge", "till.amountCaps.EURO",
        }));
    }

    [Test]
    public void Every_refusal_has_a_code_and_a_short_text_in_every_language()
    {
        foreach (var refusal in Enum.GetValues<TillRefusal>())
        {
            Assert.That(TillTexts.CodeOf(refusal), Is.GreaterThanOrEqualTo(0x64), refusal.ToString());
            Assert.That(TillTexts.Languages.Select(l => TillTexts.Of(refusal, l, ZvtCharset.Utf8)), Is.Unique.And.All.Matches<string>(static t => t.Length is > 3 and <= 32));
            Assert.That(TillTexts.Languages.Select(l => TillTexts.Of(refusal, l, ZvtCharset.SevenBit)), Has.All.Matches<string>(static t => t.All(char.IsAscii)));
            Assert.That(TillTexts.Of(refusal, "zh", ZvtCharset.Cp437), Is.EqualTo(TillTexts.Of(refusal, "en", ZvtCharset.Cp437)));
        }
    }

    [Test]
    public async Task Offline_limit_is_told_to_the_till_and_ends_with_the_acknowledgement()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.OfflineCount = 1);
        lane.Journal.AcknowledgesAtOnce = false;
        Assert.That((await lane.SellAsync(500)).Outcome, Is.EqualTo(TillOutcome.Approved));
        Assert.That((await lane.SellAsync(500)).ResultCode, Is.EqualTo(0x6A));
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();
        Assert.That((await lane.SellAsync(500)).ResultCode, Is.EqualTo(0x6A), "known again after a restart");
        lane.Journal.AcknowledgesAtOnce = true;
        Assert.That((await lane.SellAsync(500)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    private async Task<TillLimits> LimitsAsync(params long[] unsent)
    {
        foreach (var amount in unsent)
        {
            var sale = new Transaction { Outcome = TransactionOutcome.Approved, Amount = new Money { MinorUnits = amount, Currency = "EUR" } };
            await _journal.AppendAsync(JournalWrite.Of(new JournalEntry { Transaction = sale }), CancellationToken.None);
        }

        var time = new FleetTime(_journal, _clock, NullLogger<FleetTime>.Instance);
        var lease = new Lease(time, new LeaseOptions(), _journal, NoCrashPoints.Instance, NullLogger<Lease>.Instance);
        var exposure = new OfflineExposure(_journal, _clock);
        await exposure.LoadAsync(CancellationToken.None);
        return new TillLimits(exposure, _options, new PaymentRules(_journal, NoCrashPoints.Instance), lease);
    }

    private static TillCommand Sale(long amount, string currency = "09 78") =>
        Read($"06 01 0A 04 {Convert.ToHexString(Bcd.Write(amount, 6))} 49 {currency}");

    private static TillCommand Read(string hex) => TillCommand.Read(Apdu.FromHex(hex), "EUR", out _)!;
}
