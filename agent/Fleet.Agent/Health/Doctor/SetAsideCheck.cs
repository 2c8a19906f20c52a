using System.Globalization;

namespace Fleet.Agent.Health.Doctor;

/// <summary>Journals that were damaged once: what was readable is sent, what was not is missing.</summary>
internal sealed class SetAsideCheck(string dataDirectory) : IDoctorCheck
{
    public string Title => "Earlier damage";

    public Task<Finding> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Look());

    private Finding Look()
    {
        var folders = Directory.Exists(dataDirectory)
            ? Directory.GetDirectories(dataDirectory, "journal-damaged-*").Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList()
            : [];
        return folders.Count == 0
            ? Finding.Good("none")
            : Finding.Attention(
                string.Create(CultureInfo.InvariantCulture, $"{folders.Count} damaged journal{(folders.Count == 1 ? string.Empty : "s")} set aside, the last is {folders[^1]}"),
                "Ask the operator whether payments are missing, check or replace the disk, keep the folder until both are done.");
    }
}
