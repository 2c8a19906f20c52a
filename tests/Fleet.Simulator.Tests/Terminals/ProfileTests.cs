using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>The simulator as the terminals of reference section 18.</summary>
[Platform("Linux")]
public sealed class ProfileTests
{
    private static IEnumerable<VendorProfile> All => VendorProfiles.All;

    [TestCaseSource(nameof(All))]
    public async Task Every_vendor_sells_to_an_agent_that_applies_its_profile(VendorProfile profile)
    {
        await using var bench = await StartAsync(profile);

        await bench.RunAsync(new Registration { Config = profile.Config });
        var sale = await bench.SellAsync(1234);
        var status = await bench.Till.RunAsync(profile.Adapt(new StatusEnquiry(), ZvtPassword.Zero)!.ToApdu(), Bench.Bound);
        var diagnosis = await bench.Till.RunAsync(profile.Adapt(new Diagnosis(), ZvtPassword.Zero)!.ToApdu(), Bench.Bound);
        var day = await bench.RunAsync(new EndOfDay());

        Assert.That((sale.End, status.End, diagnosis.End, day.End), Is.EqualTo((DialogueEnd.Completed, DialogueEnd.Completed, DialogueEnd.Completed, DialogueEnd.Completed)));
    }

    [TestCaseSource(nameof(All))]
    public async Task Command_that_a_vendor_does_not_implement_is_refused_with_83(VendorProfile profile)
    {
        await using var bench = await StartAsync(profile);

        foreach (var code in profile.NotImplemented)
        {
            var refused = await bench.Till.RunAsync(Shortest(code), Bench.Bound);
            Assert.That((code, refused.End, refused.Code), Is.EqualTo((code, DialogueEnd.Refused, (byte)0x83)));
        }
    }

    [Test]
    public async Task Card_complete_counts_five_digits_of_the_password()
    {
        await using var bench = await StartAsync(VendorProfiles.CardComplete);

        var wrong = await bench.RunAsync(new EndOfDay { Password = ZvtPassword.Parse("100000") });
        var close = await bench.RunAsync(new EndOfDay { Password = ZvtPassword.Parse("000009") });
        var bare = await bench.RunAsync(new StatusEnquiry());

        Assert.That((wrong.End, wrong.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x37)));
        Assert.That(close.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That((bare.End, bare.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x37)), "05 01 needs the password");
    }

    [Test]
    public async Task Card_complete_wants_the_kind_of_diagnosis_and_takes_any_currency()
    {
        await using var bench = await StartAsync(VendorProfiles.CardComplete);

        Assert.That((await bench.RunAsync(new Registration { Currency = 840 })).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That((await bench.RunAsync(new Diagnosis())).Code, Is.EqualTo(0x9A));
        await bench.Link.SendAsync(new LogOff().ToApdu(), Bench.Bound);
        await Eventually.TrueAsync(() => !bench.Terminal.Memory.Till.IsRegistered, "logged off");
        Assert.That(bench.Terminal.Memory.Till.Config, Is.EqualTo(ConfigByte.AgentDefault));
    }

    [Test]
    public async Task Ingenico_can_be_used_at_its_keypad_whatever_the_till_registered()
    {
        await using var bench = await StartAsync(VendorProfiles.IngenicoA32);
        await bench.RegisterAsync();
        await using var strict = await StartAsync(VendorProfiles.Default);
        await strict.RegisterAsync();

        Assert.That(await bench.Terminal.SellAtDeviceAsync(500, Bench.Bound), Is.Null);
        Assert.That(await strict.Terminal.SellAtDeviceAsync(500, Bench.Bound), Is.EqualTo("the till controls this terminal"));
    }

    [Test]
    public async Task Ingenico_refuses_a_narrow_printer()
    {
        await using var bench = await StartAsync(VendorProfiles.IngenicoA32);

        var narrow = await bench.RunAsync(new Registration { ServiceByte = 0, Tlv = TlvContainer.Empty.With(TlvTags.PrinterWidth, [0x20]) });

        Assert.That((narrow.End, narrow.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0xCC)));
    }

    [Test]
    public async Task Feig_reports_vending_and_its_details_unasked()
    {
        await using var bench = await StartAsync(VendorProfiles.FeigCvend);

        var registered = await bench.RunAsync(new Registration());
        var status = await bench.RunAsync(new StatusEnquiry());

        Assert.That(Convert.ToHexString(registered.Data.Span[..2]), Is.EqualTo("1910"));
        Assert.That(StatusCompletion.Parse(Apdu.Of(Completion.MessageCode, status.Data), versionExpected: true).Require().SerialNumber, Is.Not.Null);
    }

    [Test]
    public async Task Ccv_fails_its_initialisation_with_7D()
    {
        await using var bench = await StartAsync(VendorProfiles.Ccv);
        bench.Host.Change(static r => r with { Down = true });

        Assert.That((await bench.RunAsync(new Initialisation())).Code, Is.EqualTo(0x7D));
    }

    /// <summary>Section 9.2: by the book a receipt that the till does not take reverses the payment; an Ingenico does not mind.</summary>
    [TestCase("default", false)]
    [TestCase("ingenico-a32", true)]
    public async Task Receipt_that_is_not_taken_reverses_the_payment_where_the_vendor_says_so(string id, bool booked)
    {
        await using var bench = await StartAsync(VendorProfiles.Find(id)!);
        await bench.RegisterAsync();

        var outcome = await new EcrDialogue(bench.Link, Bench.Timers, TimeProvider.System).RunAsync(
            new Authorisation { Amount = 900 },
            new DelegateEcrHandler(static (m, _) => ValueTask.FromResult(m.Code == PrintLine.MessageCode ? Apdu.Negative(0xCC) : EcrDialogue.DefaultAnswer(m.Apdu))),
            Bench.Bound);

        Assert.That(outcome.Kind, Is.EqualTo(booked ? EcrOutcomeKind.Completed : EcrOutcomeKind.Aborted));
        var expected = booked ? new Counter(1, 900) : Counter.Zero;
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((expected, expected)));
    }

    /// <summary>The shortest data block of zeros that can be read as this command.</summary>
    private static Apdu Shortest(int code) => Enumerable.Range(0, 8)
        .Select(length => Apdu.Of(code, new byte[length]))
        .First(apdu => CommandTable.Find(code)!.Parse!(apdu).Ok);

    private static Task<Bench> StartAsync(VendorProfile profile) =>
        Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Profile = profile });
}
