using System.Globalization;
using Fleet.Agent.Link;

namespace Fleet.Agent.Health.Doctor;

/// <summary>Enrolment: there, readable, private, not about to end.</summary>
internal sealed class IdentityCheck(IdentityStore store, TimeProvider clock) : IDoctorCheck
{
    public string Title => "Enrolment";

    public Task<Finding> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Look());

    private Finding Look()
    {
        if (!store.TryLoad(out var identity, out var problem))
        {
            return Finding.Bad(problem, "fleet-agent enroll --token TOKEN --server https://HOST:PORT --data DIR");
        }

        using (identity)
        {
            if (store.OpenToOthers() is { } path)
            {
                return Finding.Bad($"{path} is readable by others on this computer", $"chmod 600 {path}; if others work here, enrol again with a new token.");
            }

            var now = clock.GetUtcNow();
            var from = new DateTimeOffset(identity.Certificate.NotBefore);
            var until = new DateTimeOffset(identity.Certificate.NotAfter);
            var text = string.Create(CultureInfo.InvariantCulture, $"terminal {identity.Terminal}, certificate until {until.UtcDateTime:yyyy-MM-dd}");
            return now > until ? Finding.Bad(text + ": it has ended", "Enrol again with a new token.")
                : now < from ? Finding.Bad(text + ": it begins in the future", "Set this computer's clock.")
                : until - now < TimeSpan.FromDays(14) ? Finding.Attention(text + ": it ends soon", "Enrol again with a new token.")
                : Finding.Good(text);
        }
    }
}
