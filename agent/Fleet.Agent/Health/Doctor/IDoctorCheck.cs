namespace Fleet.Agent.Health.Doctor;

/// <summary>One thing the doctor looks at. It changes nothing and never fails: what it cannot find out is a finding.</summary>
internal interface IDoctorCheck
{
    /// <summary>What is looked at, for people.</summary>
    string Title { get; }

    /// <summary>Looks.</summary>
    Task<Finding> LookAsync(CancellationToken cancellationToken);
}

/// <summary>What a check found.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">What was found.</param>
/// <param name="NextStep">What to do about it; empty when there is nothing to do.</param>
internal sealed record Finding(StatusLevel Level, string Text, string NextStep)
{
    public static Finding Good(string text) => new(StatusLevel.Good, text, string.Empty);

    public static Finding Attention(string text, string nextStep) => new(StatusLevel.Attention, text, nextStep);

    public static Finding Bad(string text, string nextStep) => new(StatusLevel.Bad, text, nextStep);
}
