using System.Text.Json;
using Fleet.Cli.Hosting;

namespace Fleet.Cli.Connection;

/// <summary>What one source says about the connection; null where it says nothing.</summary>
public sealed record ConnectionHints(string? Server, string? TokenFile, string? Ca, string? Data)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>What the environment says.</summary>
    public static ConnectionHints FromEnvironment(Surroundings around) => new(
        around.Environment("POSCTL_SERVER"), around.Environment("POSCTL_TOKEN_FILE"), around.Environment("POSCTL_CA"), around.Environment("POSCTL_DATA"));

    /// <summary>What the configuration file says; nothing when there is none at the usual place.</summary>
    /// <exception cref="UsageException">It is damaged, or was named and is not there.</exception>
    public static ConnectionHints FromFile(Surroundings around)
    {
        var named = around.Environment("POSCTL_CONFIG");
        var path = named ?? Path.Combine(ConfigurationFolder(around), "posctl", "config.json");
        if (!File.Exists(path))
        {
            return named is null ? new ConnectionHints(null, null, null, null) : throw new UsageException($"POSCTL_CONFIG names {named}, which does not exist.");
        }

        try
        {
            return JsonSerializer.Deserialize<ConnectionHints>(File.ReadAllText(path), Format) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is no configuration: {e.Message} It may hold server, tokenFile, ca and data.");
        }
    }

    /// <summary>This source, and <paramref name="weaker"/> where it says nothing.</summary>
    public ConnectionHints Over(ConnectionHints weaker) =>
        new(Text(Server) ?? weaker.Server, Text(TokenFile) ?? weaker.TokenFile, Text(Ca) ?? weaker.Ca, Text(Data) ?? weaker.Data);

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static string ConfigurationFolder(Surroundings around) =>
        Text(around.Environment("XDG_CONFIG_HOME")) ?? Path.Combine(Text(around.Environment("HOME")) ?? around.CurrentFolder, ".config");
}
