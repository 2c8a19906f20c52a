using System.Globalization;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Terminals;

/// <summary>Health of a terminal for people: one short fact a row, nothing where nothing is to be said.</summary>
public static class HealthText
{
    /// <summary>Where the way from the computer to the terminal is interrupted.</summary>
    public static string Line(TerminalHealth? health) => health?.Line switch
    {
        null or TerminalHealth.Types.Line.Unspecified => string.Empty,
        TerminalHealth.Types.Line.Ready => "ready",
        TerminalHealth.Types.Line.CableOut => "cable out",
        TerminalHealth.Types.Line.TerminalSilent => "terminal does not answer: off, or not ZVT",
        TerminalHealth.Types.Line.TerminalBusy => $"terminal busy, status {health.TerminalStatus:X2}",
        TerminalHealth.Types.Line.Substituted => "another device answers",
        TerminalHealth.Types.Line.Retired => "retired",
        _ => Words.Of(health.Line),
    };

    /// <summary>What the device says of its parts.</summary>
    public static string Device(TerminalHealth? health) => health is null ? string.Empty : string.Join(", ", new[]
    {
        Part("printer", health.Printer), Part("battery", health.Battery), health.Tamper == TerminalHealth.Types.Part.Bad ? "OPENED" : Part("housing", health.Tamper),
        health.TerminalProfile.Length > 0 ? "profile " + health.TerminalProfile : string.Empty,
    }.Where(static p => p.Length > 0));

    /// <summary>What the agent says of its computer and its way to the server.</summary>
    public static string Computer(TerminalHealth? health) => health is null ? string.Empty : string.Join(", ", new[]
    {
        Gate(health.Gate),
        Server(health.Server), Storage(health.Storage), Disk(health.DiskFreeBytes), Clock(health), Certificate(health),
    }.Where(static p => p.Length > 0));

    /// <summary>Money that only the shop's computer knew of.</summary>
    public static string Waiting(TerminalHealth? health) => health is not { UnsentPayments: > 0 }
        ? string.Empty
        : $"{health.UnsentPayments} payments, {string.Join(", ", health.UnsentAmounts.Select(Words.Of))}, oldest {Age(health.OldestUnsent?.ToTimeSpan() ?? TimeSpan.Zero)}";

    private static string Part(string name, TerminalHealth.Types.Part part) => part switch
    {
        TerminalHealth.Types.Part.Good => name + " ok",
        TerminalHealth.Types.Part.Bad => name.ToUpperInvariant(),
        _ => string.Empty,
    };

    private static string Gate(TerminalHealth.Types.Gate gate) => gate switch
    {
        TerminalHealth.Types.Gate.Draining => "no new payments: draining",
        TerminalHealth.Types.Gate.Disabled => "no payments: disabled",
        TerminalHealth.Types.Gate.Locked => "no payments: locked",
        TerminalHealth.Types.Gate.Retired => "no payments: retired",
        _ => string.Empty,
    };

    // The agent is heard now: what it says of the way is how it was when it wrote this.
    private static string Server(TerminalHealth.Types.Server server) => server switch
    {
        TerminalHealth.Types.Server.Unreachable => "server was not reachable then",
        TerminalHealth.Types.Server.Refusing => "server refused it then",
        TerminalHealth.Types.Server.Stopped => "sending was stopped then",
        TerminalHealth.Types.Server.Off => "was not enrolled then",
        _ => string.Empty,
    };

    private static string Storage(TerminalHealth.Types.Storage storage) => storage switch
    {
        TerminalHealth.Types.Storage.SpaceShort => "DISK SHORT: no new payments",
        TerminalHealth.Types.Storage.Failing => "DISK FAILS: no new payments",
        _ => string.Empty,
    };

    private static string Disk(ulong bytes) => bytes == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB free");

    private static string Clock(TerminalHealth health) => health.ClockOffset is { } offset
        ? string.Create(CultureInfo.InvariantCulture, $"clock {offset.ToTimeSpan().TotalSeconds:+0.0;-0.0;0.0} s off")
        : string.Empty;

    private static string Certificate(TerminalHealth health) => health.CertificateExpireTime is { } end
        ? "certificate until " + end.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : string.Empty;

    private static string Age(TimeSpan age) => age.TotalDays >= 1 ? $"{(int)age.TotalDays} d {age.Hours} h" : $"{(int)age.TotalHours} h {age.Minutes} min";
}
