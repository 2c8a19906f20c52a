using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>One step of a command: what is reported and what the record becomes.</summary>
/// <param name="Reported">Stage of the event.</param>
/// <param name="Reason">Reason code; empty when there is nothing to explain.</param>
/// <param name="Detail">For a person, without card data.</param>
public sealed record CommandMove(CommandStage Reported, string Reason = "", string Detail = "")
{
    /// <summary>New enforcement level, or null to keep it.</summary>
    public EnforcementLevel? Enforcement { get; init; }

    /// <summary>Settlement of the command, or null to keep it.</summary>
    public string? SettlementId { get; init; }

    /// <summary>Where the gate stood before, or null to keep it.</summary>
    public GatePosition? GateBefore { get; init; }

    /// <summary>What was found or is in force now; without card data.</summary>
    public string Report { get; init; } = string.Empty;

    /// <summary>A file that belongs to the result, or null.</summary>
    public CommandAttachment? Attachment { get; init; }

    /// <summary>The record after the move. A block is reported but leaves the stage: that is where the command goes on.</summary>
    public CommandRecord Apply(CommandRecord record)
    {
        var kept = record with
        {
            Enforcement = Enforcement ?? record.Enforcement,
            SettlementId = SettlementId ?? record.SettlementId,
            GateBefore = GateBefore ?? record.GateBefore,
        };
        if (Reported == CommandStage.Blocked)
        {
            return kept with { BlockedReason = Reason };
        }

        var next = kept with { Stage = Reported, BlockedReason = string.Empty };
        return next.IsFinal ? next with { EndReason = Reason } : next;
    }

    /// <summary>Lower-case word of a stage, for the names of crash points.</summary>
    public static string Word(CommandStage stage) => stage.ToString().ToLowerInvariant();
}
