namespace Fleet.Cli.Hosting;

/// <summary>How a run ended, for scripts.</summary>
public static class ExitCode
{
    /// <summary>Done as asked.</summary>
    public const int Done = 0;

    /// <summary>Refused by the server, or the outcome is not the one that was waited for.</summary>
    public const int Failed = 1;

    /// <summary>The command line or configuration is wrong; nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>The server could not be reached.</summary>
    public const int Unreachable = 3;
}
