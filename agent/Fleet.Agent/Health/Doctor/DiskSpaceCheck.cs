using System.Globalization;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Health.Doctor;

/// <summary>Room for the journal.</summary>
internal sealed class DiskSpaceCheck(string directory, long minimumFree) : IDoctorCheck
{
    private const double Mega = 1024 * 1024;

    public string Title => "Disk space";

    public Task<Finding> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Look());

    private Finding Look()
    {
        if (!Directory.Exists(directory))
        {
            return Finding.Attention("cannot be told without the data directory", "See above.");
        }

        var free = FreeSpace.Of(directory);
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / Mega:0} MB free, at least {minimumFree / Mega:0} MB needed for new payments");
        return free < minimumFree ? Finding.Bad(text, "Free space on this disk; payments start again by themselves.")
            : free < 4 * minimumFree ? Finding.Attention(text, "Free space on this disk soon.")
            : Finding.Good(text);
    }
}
