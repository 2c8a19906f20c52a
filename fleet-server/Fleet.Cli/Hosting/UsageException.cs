namespace Fleet.Cli.Hosting;

/// <summary>The command line or configuration is wrong; the message says what to do.</summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>It was done and the outcome is not the one that was asked for.</summary>
public sealed class OutcomeException(string message) : Exception(message);
