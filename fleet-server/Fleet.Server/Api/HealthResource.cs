using Fleet.Contracts.Link.V1;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Money = Fleet.V1.Money;

namespace Fleet.Server.Api;

/// <summary>What an agent told of its terminal, its line and itself, as operators see it. A value of a newer agent is shown as unspecified.</summary>
public static class HealthResource
{
    /// <summary>The resource of a health entry.</summary>
    /// <param name="report">As the agent wrote it.</param>
    /// <param name="arrived">When the server took it.</param>
    public static TerminalHealth From(HealthReport report, DateTimeOffset arrived)
    {
        var health = new TerminalHealth
        {
            Time = arrived.ToTimestamp(),
            Line = Known((TerminalHealth.Types.Line)report.Link),
            TerminalStatus = report.TerminalStatus,
            Printer = Known((TerminalHealth.Types.Part)report.Printer),
            Battery = Known((TerminalHealth.Types.Part)report.Battery),
            Tamper = Known((TerminalHealth.Types.Part)report.Tamper),
            Server = Known((TerminalHealth.Types.Server)report.Server),
            Gate = Known((TerminalHealth.Types.Gate)report.Gate),
            Storage = Known((TerminalHealth.Types.Storage)report.Storage),
            DiskFreeBytes = report.DiskFreeBytes,
            UnsentPayments = report.UnsentPayments,
            TerminalProfile = report.TerminalProfile,
        };
        health.UnsentAmounts.Add(report.UnsentAmounts.Select(static m => new Money { MinorUnits = m.MinorUnits, Currency = m.Currency }));
        if (report.UnsentPayments > 0)
        {
            health.OldestUnsent = Duration.FromTimeSpan(TimeSpan.FromSeconds(Math.Min(report.OldestUnsentSeconds, uint.MaxValue)));
        }

        if (report.HasClockOffsetMillis)
        {
            // Ten thousand years are more than a duration of protobuf holds.
            const long Most = 10_000L * 365 * 86_400_000;
            health.ClockOffset = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(Math.Clamp(report.ClockOffsetMillis, -Most, Most)));
        }

        if (report.CertificateEndUnixSeconds is > 0 and < 253_402_300_800)
        {
            health.CertificateExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(report.CertificateEndUnixSeconds));
        }

        return health;
    }

    // The numbers of both wires are the same; a test holds that.
    private static T Known<T>(T value)
        where T : struct, System.Enum => System.Enum.IsDefined(value) ? value : default;
}
