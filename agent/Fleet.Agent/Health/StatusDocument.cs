using System.Text.Json.Serialization;

namespace Fleet.Agent.Health;

/// <summary>The whole status, as it crosses the socket and as <c>status --json</c> prints it.</summary>
/// <param name="Level">Worst level of all lines.</param>
/// <param name="Lines">The lines.</param>
public sealed record StatusDocument(StatusLevel Level, IReadOnlyList<StatusLine> Lines)
{
    /// <summary>Asks every source; one that fails says so in its own line.</summary>
    public static StatusDocument Read(IEnumerable<IStatusSource> sources)
    {
        var lines = new List<StatusLine>();
        foreach (var source in sources)
        {
            try
            {
                lines.AddRange(source.Read());
            }
            catch (Exception error)
            {
                lines.Add(new StatusLine("status.fault", "Status", $"{source.GetType().Name} failed: {error.Message}", StatusLevel.Attention));
            }
        }

        return new StatusDocument(lines.Select(static l => l.Level).DefaultIfEmpty().Max(), lines);
    }
}

/// <summary>JSON of the status, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
public sealed partial class StatusJson : JsonSerializerContext;
