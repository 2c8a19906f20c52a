namespace Fleet.Zvt.Tests.Vendors;

public sealed class VendorProfileTests
{
    [Test]
    public void Profiles_are_found_by_their_ids()
    {
        Assert.That(VendorProfiles.All.Select(static p => p.Id), Is.Unique);
        Assert.That(VendorProfiles.All, Has.All.Matches<VendorProfile>(static p => VendorProfiles.Find(p.Id) == p));
        Assert.That(VendorProfiles.Find("nobody"), Is.Null);
    }

    [TestCase("cVEND plug", "feig-cvend")]
    [TestCase("CVEND PIN", "feig-cvend")]
    [TestCase("POS-SIM", null)]
    [TestCase("", null)]
    public void Device_is_recognised_by_its_own_name_only(string name, string? id) => Assert.That(VendorProfiles.Recognise(name)?.Id, Is.EqualTo(id));

    [Test]
    public void Commands_a_profile_lacks_are_in_the_table() =>
        Assert.That(VendorProfiles.All.SelectMany(static p => p.NotImplemented).Where(static c => CommandTable.Find(c) is null), Is.Empty);

    [Test]
    public void Terminal_that_does_not_evaluate_the_config_byte_is_no_gate() => Assert.That(VendorProfiles.IngenicoA32.ConfigGatesStandalone, Is.False);

    /// <summary>Section 9.2: the answers to ready-made receipts decide by the book, not on an Ingenico, and nowhere where the ECR composes them itself.</summary>
    [TestCase("default", ConfigByte.AgentDefault, true)]
    [TestCase("default", (ConfigByte)0x3E, false)]
    [TestCase("ingenico-a32", ConfigByte.AgentDefault, false)]
    [TestCase("card-complete", ConfigByte.AgentDefault, false)]
    public void Receipts_decide_where_profile_and_registration_say_so(string id, ConfigByte config, bool decide) =>
        Assert.That(VendorProfiles.Find(id)!.RulesFor(config).ReceiptsDecide, Is.EqualTo(decide));

    [Test]
    public void Command_is_adapted_to_the_terminal()
    {
        var password = ZvtPassword.Parse("123456");

        Assert.Multiple(() =>
        {
            Assert.That(VendorProfiles.CardComplete.Adapt(new Diagnosis(), password)!.ToApdu(), Is.EqualTo(Apdu.FromHex("06 70 05 06 03 1B 01 01")));
            Assert.That(VendorProfiles.CardComplete.Adapt(new StatusEnquiry(), password)!.ToApdu(), Is.EqualTo(Apdu.FromHex("05 01 03 12 34 56")));
            Assert.That(VendorProfiles.CardComplete.Adapt(new SendTotals(), password), Is.Null, "it is not implemented there");
            Assert.That(VendorProfiles.Default.Adapt(new Diagnosis(), password), Is.EqualTo(new Diagnosis()));
        });
    }

    [Test]
    public void Code_of_a_blocked_terminal_is_known() =>
        Assert.That((VendorProfiles.CardComplete.IsBlockedBy(0x59), VendorProfiles.Default.IsBlockedBy(0x59)), Is.EqualTo((true, false)));

    [Test]
    public void Differences_are_data()
    {
        Assert.That(VendorProfiles.CardComplete.Implements(0x0610), Is.False);
        Assert.That(VendorProfiles.Default.Implements(0x0610), Is.True);
        Assert.That(VendorProfiles.CardComplete.Timers.T4, Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(VendorProfiles.CardComplete.BlockedHostCodes, Does.Contain((byte)0x59));
    }
}
