using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;

namespace Fleet.Server.Domain.Commands;

/// <summary>A command as the server holds it.</summary>
public sealed record CommandView
{
    /// <summary>Identifier: UUID text.</summary>
    public required string Id { get; init; }

    /// <summary>Terminal it is for.</summary>
    public required TerminalId Terminal { get; init; }

    /// <summary>What it asks for.</summary>
    public required CommandKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required CommandState State { get; init; }

    /// <summary>Stable code that explains the state; empty when there is nothing to explain.</summary>
    public required string StateReason { get; init; }

    /// <summary>The same for a person.</summary>
    public required string StateDetail { get; init; }

    /// <summary>Why the operator asked.</summary>
    public required string Reason { get; init; }

    /// <summary>Shown on the terminal and to the till; may be empty.</summary>
    public required string Message { get; init; }

    /// <summary>What the kind needs besides; empty for most.</summary>
    public required CommandParameters Parameters { get; init; }

    /// <summary>What the agent found or has in force now, as lines <c>name: value</c>; empty until it told.</summary>
    public string Report { get; init; } = string.Empty;

    /// <summary>Approvals; null when the kind needs none.</summary>
    public ApprovalView? Approvals { get; init; }

    /// <summary>Name of the file that belongs to the result; empty for none.</summary>
    public string AttachmentName { get; init; } = string.Empty;

    /// <summary>Who asked.</summary>
    public required Actor Requester { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>Not before; null = at once.</summary>
    public required DateTimeOffset? NotBefore { get; init; }

    /// <summary>Not to be started from this time on.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Strictly increasing per terminal; 0 until it is queued.</summary>
    public required long Counter { get; init; }

    /// <summary>Who enforces the lock; unspecified until the agent told.</summary>
    public required EnforcementLevel Enforcement { get; init; }

    /// <summary>Settlement it produced; empty until there is one.</summary>
    public required string SettlementId { get; init; }

    /// <summary>The counters of that settlement; null until there is one.</summary>
    public required Counters? Counters { get; init; }

    /// <summary>True once the closing proof is stored.</summary>
    public required bool HasClosingProof { get; init; }

    /// <summary>An operator asked the agent to drop it; the agent has not answered yet.</summary>
    public required bool CancelRequested { get; init; }

    /// <summary>Every state change, oldest first. Empty in lists and previews.</summary>
    public required IReadOnlyList<CommandMove> Moves { get; init; }

    /// <summary>Changes with every change of the row.</summary>
    public required string Etag { get; init; }
}

/// <summary>What an operator asks for.</summary>
/// <param name="TimeToLive">Null = 24 hours; at most 30 days, at least one second.</param>
/// <param name="NotBefore">Null = at once; before the end of its validity.</param>
/// <param name="RequestId">Same request id, same command; may be empty.</param>
public sealed record NewCommand(
    TerminalId Terminal, CommandKind Kind, string Reason, string Message, TimeSpan? TimeToLive, DateTimeOffset? NotBefore, string RequestId)
{
    /// <summary>What the kind needs besides.</summary>
    public CommandParameters Parameters { get; init; } = new();
}

/// <summary>One state change: who, when, from, to, why.</summary>
public sealed record CommandMove(
    CommandState From, CommandState To, DateTimeOffset Time, Actor Actor, string Reason, string Detail);

/// <summary>What a request to cancel really did.</summary>
public enum CancelOutcome
{
    /// <summary>It never left the server and never will.</summary>
    Cancelled,

    /// <summary>It had left; the agent was asked to drop it and decides. Its answer arrives as a state change.</summary>
    AgentAsked,
}

/// <summary>The definite answer to a request to cancel.</summary>
public sealed record CancelAnswer(CancelOutcome Outcome, CommandView Command);

/// <summary>A file that belongs to a command's result.</summary>
/// <param name="Name">Without a folder.</param>
/// <param name="Content">As the agent's journal has it.</param>
public sealed record StoredAttachment(string Name, byte[] Content);

/// <summary>The signed statement of a finished settle-and-lock or retire.</summary>
/// <param name="SignedProof">Serialized <c>SignedEnvelope</c> around a <c>ClosingProof</c>.</param>
/// <param name="KeyId">Key that signed it.</param>
public sealed record StoredProof(byte[] SignedProof, string KeyId);
