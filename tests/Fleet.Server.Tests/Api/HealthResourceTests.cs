using Fleet.Contracts.Link.V1;
using Fleet.Server.Api;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace Fleet.Server.Tests.Api;

public sealed class HealthResourceTests
{
    private static readonly DateTimeOffset Arrived = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Everything_that_an_agent_tells_is_shown()
    {
        var health = HealthResource.From(
            new HealthReport
            {
                Link = HealthReport.Types.Link.Substituted,
                TerminalStatus = 0xDF,
                Printer = HealthReport.Types.Part.Good,
                Battery = HealthReport.Types.Part.Bad,
                Tamper = HealthReport.Types.Part.Bad,
                Server = HealthReport.Types.Server.Refusing,
                Gate = GateChange.Types.State.Locked,
                Storage = HealthReport.Types.Storage.SpaceShort,
                DiskFreeBytes = 17,
                UnsentPayments = 3,
                UnsentAmounts = { new Contracts.Link.V1.Money { MinorUnits = 5, Currency = "EUR" } },
                OldestUnsentSeconds = 60,
                ClockOffsetMillis = -2500,
                CertificateEndUnixSeconds = 1_800_000_000,
                TerminalProfile = "ccv",
            },
            Arrived);

        Assert.That(health, Is.EqualTo(new TerminalHealth
        {
            Time = Arrived.ToTimestamp(),
            Line = TerminalHealth.Types.Line.Substituted,
            TerminalStatus = 0xDF,
            Printer = TerminalHealth.Types.Part.Good,
            Battery = TerminalHealth.Types.Part.Bad,
            Tamper = TerminalHealth.Types.Part.Bad,
            Server = TerminalHealth.Types.Server.Refusing,
            Gate = TerminalHealth.Types.Gate.Locked,
            Storage = TerminalHealth.Types.Storage.SpaceShort,
            DiskFreeBytes = 17,
            UnsentPayments = 3,
            UnsentAmounts = { new V1.Money { MinorUnits = 5, Currency = "EUR" } },
            OldestUnsent = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
            ClockOffset = Duration.FromTimeSpan(TimeSpan.FromSeconds(-2.5)),
            CertificateExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)),
            TerminalProfile = "ccv",
        }));
    }

    [Test]
    public void Old_agent_that_tells_only_line_and_version_is_shown_without_more()
    {
        var health = HealthResource.From(new HealthReport { Link = HealthReport.Types.Link.Ready, AgentVersion = "0.1.0" }, Arrived);

        Assert.That(health, Is.EqualTo(new TerminalHealth { Time = Arrived.ToTimestamp(), Line = TerminalHealth.Types.Line.Ready }));
    }

    [Test]
    public void Nonsense_of_an_agent_is_bounded_and_unspecified()
    {
        var health = HealthResource.From(
            new HealthReport
            {
                Link = (HealthReport.Types.Link)99,
                UnsentPayments = 1,
                OldestUnsentSeconds = ulong.MaxValue,
                ClockOffsetMillis = long.MinValue,
                CertificateEndUnixSeconds = long.MaxValue,
            },
            Arrived);

        Assert.That((health.Line, health.CertificateExpireTime), Is.EqualTo((TerminalHealth.Types.Line.Unspecified, (Timestamp?)null)));
        Assert.That(() => (health.ClockOffset.ToTimeSpan(), health.OldestUnsent.ToTimeSpan()), Throws.Nothing);
    }

    /// <summary>The numbers of both wires are the same: that is how one becomes the other.</summary>
    [Test]
    public void Words_of_both_wires_fit()
    {
        Same<HealthReport.Types.Link, TerminalHealth.Types.Line>();
        Same<HealthReport.Types.Part, TerminalHealth.Types.Part>();
        Same<HealthReport.Types.Server, TerminalHealth.Types.Server>();
        Same<HealthReport.Types.Storage, TerminalHealth.Types.Storage>();
        Same<GateChange.Types.State, TerminalHealth.Types.Gate>();
    }

    private static void Same<TLink, TOperator>()
        where TLink : struct, Enum
        where TOperator : struct, Enum =>
        Assert.That(Enum.GetValues<TLink>().Select(static v => $"{v} {Convert.ToInt32(v, null)}"), Is.EqualTo(Enum.GetValues<TOperator>().Select(static v => $"{v} {Convert.ToInt32(v, null)}")));
}
