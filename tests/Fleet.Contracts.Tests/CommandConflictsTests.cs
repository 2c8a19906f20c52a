using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class CommandConflictsTests
{
    [Test]
    public void Table_has_a_rule_for_every_pair_of_natures()
    {
        var natures = Enum.GetValues<CommandNature>();
        var pairs = natures.SelectMany(begun => natures.Select(arriving => (begun, arriving)));

        Assert.That(CommandConflicts.Rows.Select(static r => (r.Begun, r.Arriving)), Is.EquivalentTo(pairs));
    }

    [TestCase(CommandKind.Enable, CommandKind.Disable, ConflictRule.Supersede)]
    [TestCase(CommandKind.Disable, CommandKind.Enable, ConflictRule.Queue)]
    [TestCase(CommandKind.SettleAndLock, CommandKind.Enable, ConflictRule.Refuse)]
    [TestCase(CommandKind.SettleAndLock, CommandKind.Diagnose, ConflictRule.Beside)]
    [TestCase(CommandKind.SyncNow, CommandKind.Disable, ConflictRule.Supersede)]
    [TestCase(CommandKind.Settle, CommandKind.Disable, ConflictRule.Queue)]
    [TestCase(CommandKind.Retire, CommandKind.SetLimits, ConflictRule.Refuse)]
    [TestCase((CommandKind)99, CommandKind.Disable, ConflictRule.Refuse)]
    [TestCase(CommandKind.Disable, (CommandKind)99, ConflictRule.Refuse)]
    public void Kind_follows_its_nature(CommandKind begun, CommandKind arriving, ConflictRule expected) =>
        Assert.That(CommandConflicts.RuleFor(begun, arriving), Is.EqualTo(expected));

    [Test]
    public void What_settles_or_locks_is_never_superseded()
    {
        CommandNature[] money = [CommandNature.Settling, CommandNature.Locking, CommandNature.Retiring];

        Assert.That(CommandConflicts.Rows.Where(r => money.Contains(r.Begun)).Select(static r => r.Rule), Has.None.EqualTo(ConflictRule.Supersede));
    }

    [Test]
    public void Every_kind_of_the_wire_is_in_the_table_of_kinds()
    {
        Assert.That(CommandKinds.All.Select(static r => r.Kind), Is.EquivalentTo(Enum.GetValues<CommandKind>().Where(static k => k != CommandKind.Unspecified)));
        Assert.That(CommandKinds.All.Select(static r => r.Word), Is.Unique);
        Assert.That(CommandKinds.Word((CommandKind)77), Is.EqualTo("command kind 77"));
    }
}
