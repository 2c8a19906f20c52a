using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Terminals;

/// <summary>Something that happened, for a line of JSON: time, name and the fields of that name.</summary>
/// <param name="Time">UTC.</param>
/// <param name="Name">What happened, for example <c>sale</c>.</param>
/// <param name="Fields">Object whose members become fields, or null.</param>
public sealed record SimulatorEvent(DateTimeOffset Time, string Name, object? Fields)
{
    /// <summary>One line of JSON without its end.</summary>
    public string ToJson()
    {
        var line = new JsonObject { ["time"] = Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"), ["event"] = Name };
        if (Fields is not null)
        {
            foreach (var (name, value) in JsonSerializer.SerializeToNode(Fields, SimulatorJson.Options)!.AsObject())
            {
                line[name] = value?.DeepClone();
            }
        }

        return line.ToJsonString(SimulatorJson.Options);
    }
}
