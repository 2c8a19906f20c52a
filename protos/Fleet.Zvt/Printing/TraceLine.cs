using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Zvt;

/// <summary>One line of a trace file. Card data are gone before it is made: the file may leave the house.</summary>
/// <param name="Time">UTC.</param>
/// <param name="From"><c>till</c> or <c>terminal</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Apdu">The APDU in hexadecimal, redacted by parsing; null for ACK, NAK and the like, and for an APDU that cannot be read to its end.</param>
/// <param name="Text">For people.</param>
public sealed record TraceLine(DateTimeOffset Time, string From, ZvtTraceKind Kind, string? Apdu, string Text)
{
    /// <summary>The till said it.</summary>
    public const string Till = "till";

    /// <summary>The terminal said it.</summary>
    public const string Terminal = "terminal";

    /// <summary>The line for an observation.</summary>
    /// <param name="entry">What was observed.</param>
    /// <param name="ofTill">Which way the till's messages go for the observer.</param>
    /// <param name="context">The dialogue it stands in.</param>
    /// <param name="keepsTexts">
    /// Texts for people stay as they are, but for card numbers. Not where real terminals write them: a receipt may hold anything, and then it is overwritten.
    /// </param>
    public static TraceLine Of(ZvtTraceEntry entry, ZvtDirection ofTill, DialogueContext context, bool keepsTexts)
    {
        var safe = entry.Apdu is null ? null : CardData.Redact(entry.Apdu, context);
        safe = safe is null || keepsTexts ? safe : FreeText.Remove(safe, context);
        return new TraceLine(
            entry.Time,
            entry.Direction == ofTill ? Till : Terminal,
            entry.Kind,
            safe is null ? null : Convert.ToHexString(safe.ToArray()),
            entry.Apdu is null ? entry.Note ?? $"{entry.Kind}" : ZvtPrinter.Print(safe ?? entry.Apdu, context));
    }

    /// <summary>As one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TraceJson.Readable.TraceLine);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is no trace line; the text says why.</exception>
    public static TraceLine FromJson(string json) =>
        JsonSerializer.Deserialize(json, TraceJson.Readable.TraceLine) is { From: Till or Terminal } line ? line : throw new JsonException("'from' is till or terminal");
}

[JsonSerializable(typeof(TraceLine))]
internal sealed partial class TraceJson : JsonSerializerContext
{
    /// <summary>Texts stay readable: nothing here is ever put into a page.</summary>
    public static TraceJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<ZvtTraceKind>(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
