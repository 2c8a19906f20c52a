using System.Globalization;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The wall clock, as far as one can tell without asking anybody: it cannot be older than this program.</summary>
internal sealed class ClockCheck(TimeProvider clock, DateTimeOffset built) : IDoctorCheck
{
    public string Title => "Clock";

    public Task<Finding> LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var text = now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return Task.FromResult(now < built
            ? Finding.Bad($"{text} is before this program was made", "Set the clock; check the battery of this computer's clock and its time synchronisation.")
            : now > built.AddYears(20)
                ? Finding.Bad($"{text} is far in the future", "Set the clock, or switch on time synchronisation.")
                : Finding.Good(text));
    }
}
