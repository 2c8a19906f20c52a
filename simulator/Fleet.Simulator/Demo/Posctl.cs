using System.Text.Json;

namespace Fleet.Simulator.Demo;

/// <summary>The operator's command line, run as an operator runs it, read as a script reads it.</summary>
/// <param name="programs">Where the programs are.</param>
/// <param name="serverData">Data directory of the server: endpoints, authority and token are found in it.</param>
public sealed class Posctl(Programs programs, string serverData)
{
    /// <summary>Runs it with JSON output.</summary>
    /// <exception cref="DemoFailedException">It did not exit with 0; the message holds what it said.</exception>
    public async Task<JsonElement> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var (exitCode, output, errors) = await TryAsync(cancellationToken, arguments);
        if (exitCode != 0)
        {
            throw new DemoFailedException($"posctl {string.Join(' ', arguments)} exited with {exitCode}: {errors.Trim()} {output.Trim()}");
        }

        using var document = JsonDocument.Parse(output.Length == 0 ? "{}" : output);
        return document.RootElement.Clone();
    }

    /// <summary>Runs it with JSON output and returns exit code, output and errors.</summary>
    public Task<(int ExitCode, string Output, string Errors)> TryAsync(CancellationToken cancellationToken, params string[] arguments) =>
        CapturedRun.OfAsync(programs.Posctl, ["--data", serverData, "--output", "json", .. arguments], cancellationToken);
}
