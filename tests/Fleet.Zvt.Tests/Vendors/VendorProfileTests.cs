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

    [Test]
    public void Commands_a_profile_lacks_are_in_the_table() =>
        Assert.That(VendorProfiles.All.SelectMany(static p => p.NotImplemented).Where(static c => CommandTable.Find(c) is null), Is.Empty);

    [Test]
    public void Terminal_that_does_not_evaluate_the_config_byte_is_no_gate() => Assert.That(VendorProfiles.IngenicoA32.ConfigGatesStandalone, Is.False);

    [Test]
    public void Differences_are_data()
    {
        Assert.That(VendorProfiles.CardComplete.Implements(0x0610), Is.False);
        Assert.That(VendorProfiles.Default.Implements(0x0610), Is.True);
        Assert.That(VendorProfiles.CardComplete.Timers.T4, Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(VendorProfiles.CardComplete.BlockedHostCodes, Does.Contain((byte)0x59));
    }
}
