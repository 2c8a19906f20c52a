using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Commands;

/// <summary>Where operators ask for commands. Every method that changes something completes after the commit.</summary>
public interface ICommandDesk
{
    /// <summary>Creates a command, or says which gate refuses it. <paramref name="validateOnly"/> decides everything and stores nothing.</summary>
    Task<Answer<CommandView>> CreateAsync(NewCommand command, bool validateOnly, Actor actor, CancellationToken cancellationToken);

    /// <summary>One command with its moves.</summary>
    Task<Answer<CommandView>> GetAsync(string commandId, CancellationToken cancellationToken);

    /// <summary>Commands, newest first. Filter fields: terminal, state, kind.</summary>
    Task<Answer<Page<CommandView>>> ListAsync(ListQuery query, CancellationToken cancellationToken);

    /// <summary>The present state first, then every change; ends when the command is final.</summary>
    Answer<IChangeFeed<CommandView>> Watch(string commandId);

    /// <summary>Takes a command back, or asks the agent to, or says that it is too late.</summary>
    Task<Answer<CancelAnswer>> CancelAsync(string commandId, string reason, Actor actor, CancellationToken cancellationToken);

    /// <summary>The closing proof of a finished command.</summary>
    Task<Answer<StoredProof>> GetClosingProofAsync(string commandId, CancellationToken cancellationToken);

    /// <summary>The file that belongs to a command's result.</summary>
    Task<Answer<StoredAttachment>> GetAttachmentAsync(string commandId, CancellationToken cancellationToken);
}
