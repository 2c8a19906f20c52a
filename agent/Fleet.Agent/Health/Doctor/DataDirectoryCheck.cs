using Fleet.Agent.Journal;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The data directory: there, writable, private, durable.</summary>
internal sealed class DataDirectoryCheck(string directory) : IDoctorCheck
{
    public string Title => "Data directory";

    public Task<Finding> LookAsync(CancellationToken cancellationToken) => Task.FromResult(Look());

    private Finding Look()
    {
        if (!Directory.Exists(directory))
        {
            return Finding.Bad($"{directory} does not exist", "Create it for the agent's user, or correct 'data' in the settings.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(directory) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute)) != UnixFileMode.None)
        {
            return Finding.Bad($"{directory} is open to everybody on this computer", $"chmod o-rwx {directory}");
        }

        var probe = Path.Combine(directory, "doctor.probe");
        try
        {
            DurableFile.Write(probe, "probe"u8);
            File.Delete(probe);
            return Finding.Good($"{directory} is writable and durable");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Bad($"{directory} cannot be written: {error.Message}", "Check owner, mount options (read-only?) and the disk's health; run the doctor as the agent's user.");
        }
    }
}
