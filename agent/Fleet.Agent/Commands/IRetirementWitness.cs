namespace Fleet.Agent.Commands;

/// <summary>
/// Tells in another way than by an acknowledgement that the server holds a retirement. An agent that dies before it hears the last
/// acknowledgement is not let in again: a retired terminal has no business there.
/// </summary>
public interface IRetirementWitness
{
    /// <summary>Completes when there is nothing more to wait for.</summary>
    Task SeenAsync(CancellationToken cancellationToken);
}
