using System.Text.Json.Serialization;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Gate;

/// <summary>Where the gate stands and why. Survives a restart.</summary>
public sealed record GatePosition
{
    /// <summary>The gate of an agent that was never told anything.</summary>
    public static GatePosition Initial { get; } = new();

    /// <summary>Position.</summary>
    public GateChange.Types.State State { get; init; } = GateChange.Types.State.Open;

    /// <summary>Reason in the words of who moved it; may be empty.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>Command that moved it; empty when none did.</summary>
    public string CommandId { get; init; } = string.Empty;

    /// <summary>Text for the till and the terminal's display; empty for the built-in one.</summary>
    public string Message { get; init; } = string.Empty;

    /// <summary>True when payments may start.</summary>
    [JsonIgnore]
    public bool IsOpen => State == GateChange.Types.State.Open;
}

[JsonSerializable(typeof(GatePosition))]
internal sealed partial class GateJson : JsonSerializerContext;
