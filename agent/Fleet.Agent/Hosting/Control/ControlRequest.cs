using System.Text.Json.Serialization;

namespace Fleet.Agent.Hosting.Control;

/// <summary>What somebody on site asks of the running agent.</summary>
/// <param name="Verb">trace, apply, diagnostics or reload.</param>
/// <param name="Argument">Text of the verb; may be empty.</param>
/// <param name="Content">Bytes of the verb; may be empty.</param>
public sealed record ControlRequest(string Verb, string Argument, byte[] Content);

/// <summary>What it answers.</summary>
/// <param name="IsDone">False: <paramref name="Text"/> says why not.</param>
/// <param name="Text">For a person.</param>
/// <param name="Content">Bytes; may be empty.</param>
public sealed record ControlAnswer(bool IsDone, string Text, byte[] Content);

/// <summary>Bounds of both.</summary>
internal static class ControlBounds
{
    /// <summary>Largest request or answer, in bytes.</summary>
    public const int LargestMessage = 2 * 1024 * 1024;
}

[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
