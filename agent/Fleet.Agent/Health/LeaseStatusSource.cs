using Fleet.Agent.Gate;

namespace Fleet.Agent.Health;

/// <summary>How long the server was not heard, and what follows from it.</summary>
public sealed class LeaseStatusSource(Lease lease) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var step = lease.Step;
        if (step == LeaseStep.Held)
        {
            yield break;
        }

        var says = step switch
        {
            LeaseStep.Warned => "nothing is refused yet",
            LeaseStep.LowerLimit => "only small payments",
            LeaseStep.NoOffline => "one payment at a time until the server has it",
            LeaseStep.Locked => "no payments",
            LeaseStep.Held => throw new InvalidOperationException("It is held."),
            _ => throw new InvalidOperationException($"No such step: {step}."),
        };
        yield return new StatusLine(
            "lease.step",
            "Lease",
            $"server not heard for {DurationText.Of(lease.Age)}: {says}",
            step == LeaseStep.Locked ? StatusLevel.Bad : StatusLevel.Attention,
            "Bring this computer back to the network; everything is lifted as soon as the server is heard.");
    }
}
