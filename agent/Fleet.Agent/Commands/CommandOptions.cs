namespace Fleet.Agent.Commands;

/// <summary>Patience of the executor.</summary>
public sealed class CommandOptions
{
    /// <summary>First pause after a step that did not succeed; doubled each time.</summary>
    public TimeSpan RetryMinimum { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest pause.</summary>
    public TimeSpan RetryMaximum { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a command waits for a terminal that does not answer before it ends without it: disable then reports that only the gate enforces, others fail.</summary>
    public TimeSpan DisablePatience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the server may take to acknowledge before the command reports that entries are unsent.</summary>
    public TimeSpan UploadPatience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a terminal may take to answer again after it was restarted.</summary>
    public TimeSpan RestartPatience { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>Takes over everything; commands that wait go on by what is new.</summary>
    public void TakeLive(CommandOptions other) =>
        (RetryMinimum, RetryMaximum, DisablePatience, UploadPatience, RestartPatience) =
            (other.RetryMinimum, other.RetryMaximum, other.DisablePatience, other.UploadPatience, other.RestartPatience);

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (RetryMinimum <= TimeSpan.Zero || RetryMaximum < RetryMinimum)
        {
            yield return "commands.retryMinimum, commands.retryMaximum: the first must be positive and not above the second";
        }

        if (DisablePatience < TimeSpan.Zero)
        {
            yield return "commands.disablePatience: must not be negative";
        }

        if (UploadPatience <= TimeSpan.Zero)
        {
            yield return "commands.uploadPatience: must be positive";
        }

        if (RestartPatience <= TimeSpan.Zero)
        {
            yield return "commands.restartPatience: must be positive";
        }
    }
}
