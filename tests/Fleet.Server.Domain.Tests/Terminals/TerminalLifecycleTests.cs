using Fleet.Server.Domain.Terminals;
using static Fleet.Server.Domain.Terminals.TerminalEvent;
using static Fleet.Server.Domain.Terminals.TerminalState;

namespace Fleet.Server.Domain.Tests.Terminals;

public sealed class TerminalLifecycleTests
{
    // Written out once more on purpose: a change of the table has to be made twice, knowingly.
    private static readonly (TerminalState From, TerminalEvent Event, TerminalState To)[] Expected =
    [
        (TerminalState.Registered, TerminalEvent.Enrolled, TerminalState.Enrolled),
        (TerminalState.Enrolled, TerminalEvent.Enrolled, TerminalState.Enrolled),
        (Active, TerminalEvent.Enrolled, Active),
        (Suspended, TerminalEvent.Enrolled, Suspended),
        (Locked, TerminalEvent.Enrolled, Locked),
        (TerminalState.Enrolled, DeviceIdentified, Active),
        (TerminalState.Enrolled, Disabled, Suspended),
        (Active, Disabled, Suspended),
        (Suspended, Enabled, Active),
        (Locked, Enabled, Active),
        (TerminalState.Enrolled, ClosingBegan, Settling),
        (Active, ClosingBegan, Settling),
        (Suspended, ClosingBegan, Settling),
        (Settling, ClosingGivenUp, Active),
        (Settling, ClosingGivenUpSuspended, Suspended),
        (TerminalState.Enrolled, LockProven, Locked),
        (Active, LockProven, Locked),
        (Suspended, LockProven, Locked),
        (Settling, LockProven, Locked),
        (Settling, ErasureBegan, Retiring),
        (Locked, ErasureBegan, Retiring),
        (Settling, RetirementProven, Retired),
        (Locked, RetirementProven, Retired),
        (Retiring, RetirementProven, Retired),
        (TerminalState.Enrolled, ReportedLost, Lost),
        (Active, ReportedLost, Lost),
        (Suspended, ReportedLost, Lost),
        (Settling, ReportedLost, Lost),
        (Locked, ReportedLost, Lost),
        (Lost, ReportedFound, Suspended),
    ];

    public static IEnumerable<TestCaseData> EveryPair() =>
        from state in Enum.GetValues<TerminalState>()
        from happened in Enum.GetValues<TerminalEvent>()
        select new TestCaseData(state, happened);

    [TestCaseSource(nameof(EveryPair))]
    public void Event_moves_or_is_refused_as_the_table_says(TerminalState state, TerminalEvent happened)
    {
        TerminalState? expected = Expected.Where(row => row.From == state && row.Event == happened).Select(static row => (TerminalState?)row.To).SingleOrDefault();

        Assert.That(TerminalLifecycle.Next(state, happened), Is.EqualTo(expected));
    }

    [Test]
    public void Rows_are_the_table() => Assert.That(TerminalLifecycle.Rows, Is.EquivalentTo(Expected));

    [Test]
    public void Retired_is_left_by_nothing() => Assert.That(TerminalLifecycle.Rows.Where(static row => row.From == Retired), Is.Empty);

    [Test]
    public void Every_state_is_reached_from_registered()
    {
        var reached = new HashSet<TerminalState> { TerminalState.Registered };
        while (TerminalLifecycle.Rows.Any(row => reached.Contains(row.From) && reached.Add(row.To)))
        {
        }

        Assert.That(reached, Is.EquivalentTo(Enum.GetValues<TerminalState>()));
    }

    [TestCase(Suspended, Disabled, "", ExpectedResult = "disabled")]
    [TestCase(Suspended, ClosingGivenUpSuspended, "", ExpectedResult = "disabled")]
    [TestCase(Suspended, ReportedFound, "", ExpectedResult = "found")]
    [TestCase(Suspended, TerminalEvent.Enrolled, "found", ExpectedResult = "found")]
    [TestCase(Active, Enabled, "disabled", ExpectedResult = "")]
    [TestCase(Locked, LockProven, "disabled", ExpectedResult = "")]
    public string Suspension_kind_follows_the_event(TerminalState reached, TerminalEvent happened, string before) =>
        TerminalLifecycle.SuspensionKind(reached, happened, before);
}
