using System.Text.Json;

namespace Fleet.Server.Hosting;

/// <summary>Where settings come from: file, then environment, then command line; the later wins.</summary>
public static class SettingSources
{
    private const string EnvironmentPrefix = "FLEET_SERVER_";

    /// <summary>Opens the sources. What cannot be read is added to <paramref name="faults"/> and left out, so that the rest is checked too.</summary>
    public static IConfiguration Open(string? file, IReadOnlyList<string> assignments, List<SettingFault> faults)
    {
        var builder = new ConfigurationBuilder();
        AddFile(builder, file, faults);
        builder.AddEnvironmentVariables(EnvironmentPrefix);
        builder.AddInMemoryCollection(Split(assignments, faults));
        return builder.Build();
    }

    private static void AddFile(ConfigurationBuilder builder, string? file, List<SettingFault> faults)
    {
        if (file is null)
        {
            return;
        }

        var path = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            faults.Add(new SettingFault("--config", $"there is no file {path}"));
            return;
        }

        try
        {
            builder.AddConfiguration(new ConfigurationBuilder().AddJsonFile(path, optional: false, reloadOnChange: false).Build());
        }
        catch (InvalidDataException e)
        {
            faults.Add(new SettingFault("--config", $"{file}: {(e.InnerException as JsonException ?? e.InnerException ?? e).Message}"));
        }
    }

    private static Dictionary<string, string?> Split(IReadOnlyList<string> assignments, List<SettingFault> faults)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                faults.Add(new SettingFault("--set", $"'{assignment}' is not KEY=VALUE"));
                continue;
            }

            values[assignment[..equals].Trim()] = assignment[(equals + 1)..];
        }

        return values;
    }
}
