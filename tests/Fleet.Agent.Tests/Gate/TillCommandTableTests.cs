using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Gate;

[TestFixture]
internal sealed class TillCommandTableTests
{
    [TestCase(0x0601, PaymentKind.Sale)]
    [TestCase(0x0622, PaymentKind.PreAuthorisation)]
    [TestCase(0x0624, PaymentKind.Sale)]
    [TestCase(0x0630, PaymentKind.Reversal)]
    [TestCase(0x0631, PaymentKind.Refund)]
    public void Payment_command_is_money_of_its_kind(int code, PaymentKind kind)
    {
        var row = TillCommandTable.Find(code);
        Assert.That((row.Nature, row.Kind), Is.EqualTo((TillCommandNature.Money, kind)));
    }

    [TestCase(0x0501)]
    [TestCase(0x0610)]
    [TestCase(0x0620)]
    [TestCase(0x06E0)]
    public void Question_is_read_only(int code) => Assert.That(TillCommandTable.Find(code).Nature, Is.EqualTo(TillCommandNature.ReadOnly));

    [TestCase(0x061B)]
    [TestCase(0x0693)]
    [TestCase(0x0801)]
    [TestCase(0x0824)]
    [TestCase(0x0F10)]
    public void Command_that_is_not_listed_is_administration(int code) =>
        Assert.That(TillCommandTable.Find(code).Nature, Is.EqualTo(TillCommandNature.Administration));

    [TestCase(0x0802, 0x83)]
    [TestCase(0x0840, 0x7D)]
    public void Command_that_would_take_the_terminal_away_is_forbidden(int code, int answer)
    {
        var row = TillCommandTable.Find(code);
        Assert.That((row.Nature, (int)row.RefusalCode), Is.EqualTo((TillCommandNature.Forbidden, answer)));
    }

    [Test]
    public void Every_money_row_has_a_kind_and_no_other_row_has() => Assert.That(
        TillCommandTable.All, Is.All.Matches<KeyValuePair<int, TillCommandRow>>(
            static row => row.Value.Nature == TillCommandNature.Money == (row.Value.Kind != PaymentKind.Unspecified)));
}
