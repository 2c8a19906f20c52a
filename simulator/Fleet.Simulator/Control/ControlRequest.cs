using System.Text.Json;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Control;

/// <summary>One line of a control socket: an object with <c>op</c> and the fields of that operation.</summary>
public sealed class ControlRequest
{
    private readonly JsonElement _json;

    private ControlRequest(string op, JsonElement json)
    {
        Op = op;
        _json = json;
    }

    /// <summary>What is asked.</summary>
    public string Op { get; }

    /// <summary>Reads a line.</summary>
    /// <exception cref="ControlException">Not an object with a text field <c>op</c>.</exception>
    public static ControlRequest Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("op", out var op) && op.ValueKind == JsonValueKind.String
                ? new ControlRequest(op.GetString()!, root)
                : throw new ControlException("op: a request is an object with a text field 'op'");
        }
        catch (JsonException damaged)
        {
            throw new ControlException($"not JSON at byte {damaged.BytePositionInLine}: a request is one object on one line");
        }
    }

    /// <summary>A text field that must be there.</summary>
    public string Text(string name) => Element(name) is { ValueKind: JsonValueKind.String } value
        ? value.GetString()!
        : throw new ControlException($"{name}: a text is required");

    /// <summary>A whole number within bounds; <paramref name="otherwise"/> where the field is absent.</summary>
    public int Number(string name, int lowest, int highest, int? otherwise = null)
    {
        if (Element(name) is not { } value)
        {
            return otherwise ?? throw new ControlException($"{name}: a number is required");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= lowest && number <= highest
            ? number
            : throw new ControlException($"{name}: expected a whole number from {lowest} to {highest}");
    }

    /// <summary>True or false; <paramref name="otherwise"/> where the field is absent.</summary>
    public bool Flag(string name, bool otherwise) => Element(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new ControlException($"{name}: expected true or false"),
    };

    /// <summary>A name of an enum, not case-sensitive.</summary>
    public T Name<T>(string name)
        where T : struct, Enum
    {
        var text = Text(name);
        return Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : throw new ControlException($"{name}: '{text}' is not one of {string.Join(", ", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName))}");
    }

    /// <summary>A name of an enum; <paramref name="otherwise"/> where the field is absent.</summary>
    public T NameOr<T>(string name, T otherwise)
        where T : struct, Enum => Element(name) is null ? otherwise : Name<T>(name);

    /// <summary>A structured field.</summary>
    public T Object<T>(string name)
    {
        try
        {
            return Element(name) is { } value && value.Deserialize<T>(SimulatorJson.Options) is { } result
                ? result
                : throw new ControlException($"{name}: is required");
        }
        catch (JsonException wrong)
        {
            throw new ControlException($"{name}{wrong.Path?.TrimStart('$')}: {wrong.Message}");
        }
    }

    private JsonElement? Element(string name) =>
        _json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
