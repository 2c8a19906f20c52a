namespace Fleet.Cli.Hosting;

/// <summary>Everything around one run: streams, environment, folders, clock. Tests put their own.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Environment">Looks an environment variable up.</param>
/// <param name="CurrentFolder">Where relative paths begin.</param>
/// <param name="Width">Columns of the screen; 0 when there is none.</param>
/// <param name="Time">Clock of waiting.</param>
public sealed record Surroundings(TextWriter Out, TextWriter Error, Func<string, string?> Environment, string CurrentFolder, int Width, TimeProvider Time)
{
    /// <summary>The process itself.</summary>
    public static Surroundings OfProcess() => new(
        Console.Out,
        Console.Error,
        System.Environment.GetEnvironmentVariable,
        Directory.GetCurrentDirectory(),
        Console.IsOutputRedirected ? 0 : Console.WindowWidth,
        TimeProvider.System);
}
