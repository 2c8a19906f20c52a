using Fleet.Contracts;

namespace Fleet.Server.Trust;

/// <summary>Takes note that every certificate of a terminal but the newest has lost its force.</summary>
public interface IRevocations
{
    /// <summary>Ends what is connected with an earlier one.</summary>
    ValueTask RevokeAsync(TerminalId terminal, CancellationToken cancellationToken);
}
