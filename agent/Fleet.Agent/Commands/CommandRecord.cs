using System.Text.Json.Serialization;
using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>A command as the agent keeps it: what was asked, and the stage whose act may have begun.</summary>
public sealed record CommandRecord
{
    /// <summary>Identity given by the server.</summary>
    public required string Id { get; init; }

    /// <summary>Strictly increasing per terminal.</summary>
    public required ulong Counter { get; init; }

    /// <summary>What is to be done.</summary>
    public required CommandKind Kind { get; init; }

    /// <summary>Microseconds since 1970; 0 = at once.</summary>
    public long NotBeforeUnixMicros { get; init; }

    /// <summary>Microseconds since 1970; not to be started later.</summary>
    public long ExpiresUnixMicros { get; init; }

    /// <summary>Reason in the operator's words.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>Text for the terminal's display and the till.</summary>
    public string Message { get; init; } = string.Empty;

    /// <summary>What the kind needs besides, serialized; empty for nothing.</summary>
    public byte[] Parameters { get; init; } = [];

    /// <summary>It carried approvals. Approvals do not know the counter, so a repetition is told by the id alone: this is remembered as long as it is valid.</summary>
    public bool IsApproved { get; init; }

    /// <summary>Where the gate stood before the command closed it, to be put back; null when it did not close it for a while.</summary>
    public GatePosition? GateBefore { get; init; }

    /// <summary>Stage that is durable: its act may have begun, nothing after it has.</summary>
    public CommandStage Stage { get; init; }

    /// <summary>Reason code of the block that was reported last and still holds; empty when it runs.</summary>
    public string BlockedReason { get; init; } = string.Empty;

    /// <summary>Why it ended as it did; empty for a plain success.</summary>
    public string EndReason { get; init; } = string.Empty;

    /// <summary>Settlement it produced.</summary>
    public string SettlementId { get; init; } = string.Empty;

    /// <summary>Who enforces the lock.</summary>
    public EnforcementLevel Enforcement { get; init; }

    /// <summary>Retire: the erasure that follows the final entry is done.</summary>
    public bool Erased { get; init; }

    /// <summary>What the kind needs besides.</summary>
    public CommandParameters Input() => CommandParameters.Parser.ParseFrom(Parameters);

    /// <summary>True when nothing more will be reported.</summary>
    [JsonIgnore]
    public bool IsFinal => Stage is CommandStage.Succeeded or CommandStage.Failed or CommandStage.Refused or CommandStage.Expired or CommandStage.Cancelled;

    /// <summary>True when the first act may have begun.</summary>
    [JsonIgnore]
    public bool IsStarted => Stage is not (CommandStage.Unspecified or CommandStage.Accepted) && !IsFinal;
}

/// <summary>A verdict on a settlement, as it is kept.</summary>
public sealed record VerdictRecord
{
    /// <summary>Command it belongs to.</summary>
    public required string CommandId { get; init; }

    /// <summary>Settlement it judges.</summary>
    public required string SettlementId { get; init; }

    /// <summary>What the server found.</summary>
    public SettlementVerdict.Types.Result Result { get; init; }

    /// <summary>In words.</summary>
    public string Detail { get; init; } = string.Empty;
}

/// <summary>Small facts of the inbox.</summary>
/// <param name="HighestCounter">Highest counter of a command that was accepted.</param>
public sealed record InboxRecord(ulong HighestCounter);

[JsonSerializable(typeof(CommandRecord))]
[JsonSerializable(typeof(VerdictRecord))]
[JsonSerializable(typeof(InboxRecord))]
internal sealed partial class CommandJson : JsonSerializerContext;
