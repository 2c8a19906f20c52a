using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Commands;

/// <summary>An approver's signature over a command's order.</summary>
/// <param name="KeyId">Key it was made with.</param>
/// <param name="Value">ECDSA P-256 with SHA-256, IEEE P1363 format.</param>
public sealed record ApprovalWord(string KeyId, byte[] Value);

/// <summary>An approval that was given.</summary>
/// <param name="Owner">Who approved.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Time">When.</param>
public sealed record GivenApproval(string Owner, string KeyId, DateTimeOffset Time);

/// <summary>Where a command stands with its approvals.</summary>
/// <param name="Needed">How many it needs.</param>
/// <param name="Order">What approvers sign.</param>
/// <param name="Given">Those it has, oldest first; empty in lists.</param>
public sealed record ApprovalView(int Needed, byte[] Order, IReadOnlyList<GivenApproval> Given);

/// <summary>Where approvers say yes or no.</summary>
public interface IApprovalDesk
{
    /// <summary>Adds an approval; the last one that is needed releases the command in the same transaction. The same key again changes nothing.</summary>
    Task<Answer<CommandView>> ApproveAsync(string commandId, ApprovalWord word, Actor actor, CancellationToken cancellationToken);

    /// <summary>Cancels a command that awaits approval.</summary>
    Task<Answer<CommandView>> RejectAsync(string commandId, string reason, Actor actor, CancellationToken cancellationToken);
}
